// A self-signed certificate made on the spot, for tests of TLS.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <string>

namespace starling::testing_support {

class Certificate {
 public:
  // `alternative_name` as OpenSSL spells it: "DNS:localhost" or "IP:127.0.0.1".
  explicit Certificate(const std::string& alternative_name, int valid_days = 1)
      : key_(EVP_EC_gen("P-256")), x509_(X509_new()) {
    X509_set_version(x509_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509_), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509_), -3L * 86400);
    X509_gmtime_adj(X509_getm_notAfter(x509_), valid_days * 86400L);
    X509_set_pubkey(x509_, key_);
    X509_NAME* const name = X509_get_subject_name(x509_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("starling test"), -1, -1, 0);
    X509_set_issuer_name(x509_, name);
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str());
    X509_add_ext(x509_, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(x509_, key_, EVP_sha256());
  }
  ~Certificate() {
    X509_free(x509_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  EVP_PKEY* key() const { return key_; }
  X509* x509() const { return x509_; }

  void WritePem(const std::string& path) const {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, x509_);
    std::fclose(file);
  }

 private:
  EVP_PKEY* key_;
  X509* x509_;
};

}  // namespace starling::testing_support
