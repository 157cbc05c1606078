# Debian packages, by what they are for; sourced by ./run and ./test. Silent when all are there.

build_packages="g++ cmake ninja-build ccache lld libboost1.81-dev libboost-json1.81-dev
  libboost-url1.81-dev libabsl-dev libcrypto++-dev libssl-dev zlib1g-dev libtomlplusplus-dev
  ca-certificates"
test_packages="libgtest-dev libgmock-dev libbenchmark-dev clang libclang-rt-14-dev python3
  python3-libtorrent aria2 transmission-daemon opentracker rtorrent iproute2 ethtool procps
  openssl libopenmpi-dev openmpi-bin"

# install_packages NAME...: installs those that are missing; all output goes to stderr.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
      missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  local sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "starling: missing packages: ${missing[*]}; install them as root, or install sudo" >&2
      return 1
    }
    sudo=(sudo)
  fi
  echo "starling: installing ${missing[*]}" >&2
  {
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
      # Nothing that a package brings is to start a server here.
      "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -qy --no-install-recommends "${missing[@]}"
  } >&2 || {
    echo "starling: could not install ${missing[*]}; see the messages above" >&2
    return 1
  }
}
