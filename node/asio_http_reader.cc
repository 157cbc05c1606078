#include "node/asio_http_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace starling {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// So much of the next slice is looked at together with a beginning that was carried over.
constexpr size_t kLookAhead = 4096;
// The ceremony of chunks may be so many times as large as the body in them.
constexpr uint64_t kOverheadFactorMax = 16;

absl::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// Notes what Beast finds; one element of the answer for each put().
class HttpReader::Parser final : public http::basic_parser<false> {
 public:
  Parser() {
    header_limit(kHeadSizeMax);
    body_limit(boost::none);  // counted by whoever decodes the body
  }

  HttpAnswer answer;
  bool has_head = false;
  absl::string_view body;  // of the last put()

 private:
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int,
                       beast::error_code&) override {}
  void on_response_impl(int code, beast::string_view, int, beast::error_code&) override {
    answer.status = code;
  }
  void on_field_impl(http::field name, beast::string_view, beast::string_view value,
                     beast::error_code&) override {
    if (has_head) return;  // a trailer
    if (name == http::field::location) answer.location = std::string(View(value));
    if (name == http::field::content_encoding) {
      answer.content_encoding = absl::AsciiStrToLower(View(value));
    }
  }
  void on_header_impl(beast::error_code&) override {
    has_head = true;
    if (const auto length = content_length(); length.has_value()) answer.content_length = *length;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view part, beast::error_code&) override {
    body = View(part);
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part,
                                 beast::error_code&) override {
    body = View(part);
    return part.size();
  }
  void on_finish_impl(beast::error_code&) override {}
};

HttpReader::HttpReader() : parser_(std::make_unique<Parser>()) {}
HttpReader::~HttpReader() = default;

void HttpReader::Add(Slice bytes) {
  if (!bytes.empty()) input_.push_back(std::move(bytes));
}

void HttpReader::End(bool is_clean) {
  if (!end_.has_value()) end_ = is_clean;
}

HttpReader::Step HttpReader::Next() {
  for (;;) {
    if (!error_.ok()) return Step::kBroken;
    if (parser_->has_head && !head_told_) {
      answer_ = parser_->answer;
      if (answer_.status >= 200) {
        head_told_ = true;
        return Step::kHead;
      }
      if (++interim_count_ > kInterimMax) return Break("too many interim answers");
      parser_ = std::make_unique<Parser>();
    }
    if (parser_->is_done()) return Step::kDone;
    if (input_.empty()) return end_.has_value() ? OnEnd() : Step::kNeedMore;
    const Step step = Parse();
    if (step != Step::kNeedMore) return step;
  }
}

// Gives the parser what there is. A body part that it finds becomes a slice of the input.
HttpReader::Step HttpReader::Parse() {
  const Slice& front = input_.front();
  std::string joined;
  absl::string_view text = front.text();
  if (!carry_.empty()) {
    joined = absl::StrCat(carry_, front.text().substr(0, kLookAhead));
    text = joined;
  }
  parser_->body = {};
  beast::error_code error;
  const size_t consumed = parser_->put(boost::asio::const_buffer(text.data(), text.size()), error);
  const bool needs_more = error == http::error::need_more;
  if (error && !needs_more) return Break(error.message());
  if (const absl::string_view body = parser_->body; !body.empty()) {
    const auto at = static_cast<size_t>(body.data() - text.data());
    // What is carried is the beginning of a head or chunk header, so the body lies behind it.
    if (at < carry_.size()) return Break("a body inside a header");
    body_ = front.Sub(at - carry_.size(), body.size());
    body_size_ += body.size();
  }
  overhead_size_ += consumed - parser_->body.size();
  Consume(consumed, needs_more);
  if (IsCeremony()) return Break("its head is too large");
  return body_.empty() ? Step::kNeedMore : Step::kBody;
}

// Drops what was consumed. What is incomplete is carried over, to be looked at with what follows.
void HttpReader::Consume(size_t consumed, bool needs_more) {
  const size_t from_carry = std::min(consumed, carry_.size());
  carry_.erase(0, from_carry);
  Slice& front = input_.front();
  front = front.From(consumed - from_carry);
  if (needs_more) {
    const size_t size = std::min(front.size(), kLookAhead);
    carry_.append(front.text().data(), size);
    front = front.From(size);
  }
  if (front.empty()) input_.pop_front();
}

bool HttpReader::IsCeremony() const {
  return overhead_size_ + carry_.size() > kHeadSizeMax + kOverheadFactorMax * body_size_;
}

HttpReader::Step HttpReader::OnEnd() {
  // Without a length only the end of the connection ends the body: it must be an honest one.
  if (!parser_->got_some() || !*end_) return Break("the connection ended too early");
  beast::error_code error;
  parser_->put_eof(error);
  if (error) return Break("the connection ended too early");
  return parser_->is_done() ? Step::kDone : Break("the connection ended too early");
}

HttpReader::Step HttpReader::Break(absl::string_view why) {
  error_ = absl::UnavailableError(absl::StrCat("the HTTP answer is broken: ", why));
  return Step::kBroken;
}

}  // namespace starling
