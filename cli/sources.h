// SOURCE: what the user names a torrent by. A .torrent file, a magnet link, or a bare info-hash.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/id.h"
#include "cli/state.h"
#include "storage/magnet.h"
#include "storage/metainfo.h"

namespace starling::cli {

// One or both are there: a magnet link whose metainfo the state folder knows has both.
struct Source {
  std::string text;  // as the user wrote it
  std::shared_ptr<const storage::Metainfo> metainfo;
  std::optional<storage::Magnet> magnet;

  InfoHash info_hash() const;
  // For messages: the name, else the info-hash. Printable.
  std::string label() const;
};

// Does `text` look like a SOURCE rather than like a path to content that is to be hashed?
bool LooksLikeSource(absl::string_view text);

// Reads the file, or parses the link and looks the metainfo up in `state` (which may be null).
absl::StatusOr<Source> LoadSource(const std::string& text, StateFolder* state);
// As LoadSource; refuses what cannot be transferred (v2 only).
absl::StatusOr<Source> LoadTransferSource(const std::string& text, StateFolder* state);

// The metainfo with the trackers and web seeds that the link names besides.
std::shared_ptr<const storage::Metainfo> WithTrackersOf(
    std::shared_ptr<const storage::Metainfo> metainfo, const storage::Magnet& magnet);

// The link that names this torrent without its trackers: for networks that need none.
std::string ShortMagnet(const storage::Metainfo& metainfo);

}  // namespace starling::cli
