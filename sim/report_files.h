// The files of sim/report/, compiled in by cmake/report.cmake.
#pragma once

#include "absl/strings/string_view.h"

namespace starling {

absl::string_view report_page_html();
absl::string_view report_page_css();
absl::string_view report_page_js();
absl::string_view report_plot_availability();
absl::string_view report_plot_completion();
absl::string_view report_plot_download();
absl::string_view report_plot_fairness();
absl::string_view report_plot_hops();
absl::string_view report_plot_lookup_time();
absl::string_view report_plot_members();
absl::string_view report_plot_queries();
absl::string_view report_plot_scarce_pieces();
absl::string_view report_plot_share_ratio();
absl::string_view report_plot_sweep_gains();
absl::string_view report_plot_sweep_values();
absl::string_view report_plot_unchokes();
absl::string_view report_plot_upload();
absl::string_view report_plot_utilisation();
absl::string_view report_plot_variants();

}  // namespace starling
