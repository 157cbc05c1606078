#include "node/tracker_scrape.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/tracker_http.h"

namespace starling {

// One tracker that is waited for.
class Scrape::Asked final : public ScrapeHandler {
 public:
  Asked(Scrape& scrape, size_t tracker) : scrape_(scrape), tracker_(tracker) {}
  void SetExchange(std::unique_ptr<TrackerExchange> exchange) { exchange_ = std::move(exchange); }

  void OnScraped(Time, absl::StatusOr<ScrapeAnswer> answer) override {
    // This object ends with the answer.
    Scrape& scrape = scrape_;
    const std::unique_ptr<TrackerExchange> ended = std::move(exchange_);
    scrape.OnAnswer(tracker_, std::move(answer));
  }

 private:
  Scrape& scrape_;
  const size_t tracker_;
  std::unique_ptr<TrackerExchange> exchange_;
};

Scrape::Scrape(Time now, const ScrapeQuestion& question, const ScrapeSeams& seams)
    : info_hash_(question.info_hash),
      limit_(question.limit),
      http_(seams.http),
      udp_(seams.datagrams, seams.resolver, seams.random, seams.deadlines),
      due_(seams.deadlines, *this) {
  for (const std::string& url : question.trackers) {
    const bool is_known = std::any_of(trackers_.begin(), trackers_.end(),
                                      [&](const ScrapedTracker& each) { return each.url == url; });
    if (is_known || trackers_.size() >= kTrackersMax) continue;
    trackers_.push_back({url, absl::UnavailableError("it was not asked yet")});
  }
  asked_.resize(trackers_.size());
  for (size_t i = 0; i < trackers_.size(); ++i) Ask(now, i);
  if (!is_done()) due_.Set(now + limit_);
}

Scrape::~Scrape() = default;

void Scrape::Ask(Time now, size_t tracker) {
  const std::string& url = trackers_[tracker].url;
  absl::StatusOr<ScrapeAnswer>& answer = trackers_[tracker].answer;
  const bool is_udp = absl::StartsWithIgnoreCase(url, "udp://");
  if (!is_udp && !absl::StartsWithIgnoreCase(url, "http://") &&
      !absl::StartsWithIgnoreCase(url, "https://")) {
    answer = absl::InvalidArgumentError("it speaks neither HTTP nor UDP");
    return;
  }
  const std::optional<std::string> scrape_url = is_udp ? url : ScrapeUrl(url, info_hash_);
  if (!scrape_url.has_value()) {
    answer = absl::InvalidArgumentError("its URL does not say how to ask (BEP 48)");
    return;
  }
  auto asked = std::make_unique<Asked>(*this, tracker);
  asked->SetExchange(is_udp ? udp_.SendScrape(now, url, info_hash_, *asked)
                            : SendHttpScrape(now, http_, *scrape_url, info_hash_, *asked));
  asked_[tracker] = std::move(asked);
  ++waiting_;
}

void Scrape::OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
  udp_.OnDatagram(now, from, bytes);
}

void Scrape::OnAnswer(size_t tracker, absl::StatusOr<ScrapeAnswer> answer) {
  trackers_[tracker].answer = std::move(answer);
  asked_[tracker].reset();
  if (--waiting_ == 0) due_.Set(kNever);
}

void Scrape::OnDeadline(Time) {
  const std::string why =
      absl::StrCat("it did not answer within ",
                   std::chrono::duration_cast<std::chrono::seconds>(limit_).count(), " s");
  for (size_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i] != nullptr) OnAnswer(i, absl::DeadlineExceededError(why));
  }
}

}  // namespace starling
