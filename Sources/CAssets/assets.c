// Files built into the binary. #embed is C23; the build makes this again when one of them changes. A new file of templates/
// gets an array and a line of the table; a test says when it is missing.
#include "CAssets.h"

static const uint8_t NOTICES_txt[] = {
#embed "../../templates/NOTICES.txt"
};
static const uint8_t base_css[] = {
#embed "../../templates/base.css"
};
static const uint8_t chart_mustache[] = {
#embed "../../templates/chart.mustache"
};
static const uint8_t failure_mustache[] = {
#embed "../../templates/failure.mustache"
};
static const uint8_t index_mustache[] = {
#embed "../../templates/index.mustache"
};
static const uint8_t lane_mustache[] = {
#embed "../../templates/lane.mustache"
};
static const uint8_t replay_channel_js[] = {
#embed "../../templates/replay-channel.js"
};
static const uint8_t replay_clock_js[] = {
#embed "../../templates/replay-clock.js"
};
static const uint8_t replay_events_js[] = {
#embed "../../templates/replay-events.js"
};
static const uint8_t replay_icon_svg[] = {
#embed "../../templates/replay-icon.svg"
};
static const uint8_t replay_job_js[] = {
#embed "../../templates/replay-job.js"
};
static const uint8_t replay_list_js[] = {
#embed "../../templates/replay-list.js"
};
static const uint8_t replay_log_js[] = {
#embed "../../templates/replay-log.js"
};
static const uint8_t replay_scrubber_js[] = {
#embed "../../templates/replay-scrubber.js"
};
static const uint8_t replay_source_js[] = {
#embed "../../templates/replay-source.js"
};
static const uint8_t replay_status_js[] = {
#embed "../../templates/replay-status.js"
};
static const uint8_t replay_text_js[] = {
#embed "../../templates/replay-text.js"
};
static const uint8_t replay_view_js[] = {
#embed "../../templates/replay-view.js"
};
static const uint8_t replay_css[] = {
#embed "../../templates/replay.css"
};
static const uint8_t replay_js[] = {
#embed "../../templates/replay.js"
};
static const uint8_t replay_mustache[] = {
#embed "../../templates/replay.mustache"
};
static const uint8_t report_boxes_js[] = {
#embed "../../templates/report-boxes.js"
};
static const uint8_t report_core_js[] = {
#embed "../../templates/report-core.js"
};
static const uint8_t report_index_js[] = {
#embed "../../templates/report-index.js"
};
static const uint8_t report_lanes_js[] = {
#embed "../../templates/report-lanes.js"
};
static const uint8_t report_query_js[] = {
#embed "../../templates/report-query.js"
};
static const uint8_t report_rows_js[] = {
#embed "../../templates/report-rows.js"
};
static const uint8_t report_video_js[] = {
#embed "../../templates/report-video.js"
};
static const uint8_t report_css[] = {
#embed "../../templates/report.css"
};
static const uint8_t row_mustache[] = {
#embed "../../templates/row.mustache"
};
static const uint8_t rows_mustache[] = {
#embed "../../templates/rows.mustache"
};
static const uint8_t uplot_css[] = {
#embed "../../templates/uplot.css"
};
static const uint8_t uplot_js[] = {
#embed "../../templates/uplot.js"
};
static const uint8_t verdicts_mustache[] = {
#embed "../../templates/verdicts.mustache"
};
static const uint8_t video_mustache[] = {
#embed "../../templates/video.mustache"
};
static const uint8_t videos_mustache[] = {
#embed "../../templates/videos.mustache"
};
static const uint8_t plugin_helper[] = {
#embed "../../python/forgebatch_plugin.py"
};
static const uint8_t skeleton_manifest[] = {
#embed "../../python/skeleton/manifest.json"
};
static const uint8_t skeleton_program[] = {
#embed "../../python/skeleton/plugin.py"
};
static const uint8_t skeleton_readme[] = {
#embed "../../python/skeleton/README.md"
};
static const uint8_t tool_costs[] = {
#embed "../ToolModel/tool-costs.json"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct CAsset templates[] = {
    FILE("NOTICES.txt", NOTICES_txt),
    FILE("base.css", base_css),
    FILE("chart.mustache", chart_mustache),
    FILE("failure.mustache", failure_mustache),
    FILE("index.mustache", index_mustache),
    FILE("lane.mustache", lane_mustache),
    FILE("replay-channel.js", replay_channel_js),
    FILE("replay-clock.js", replay_clock_js),
    FILE("replay-events.js", replay_events_js),
    FILE("replay-icon.svg", replay_icon_svg),
    FILE("replay-job.js", replay_job_js),
    FILE("replay-list.js", replay_list_js),
    FILE("replay-log.js", replay_log_js),
    FILE("replay-scrubber.js", replay_scrubber_js),
    FILE("replay-source.js", replay_source_js),
    FILE("replay-status.js", replay_status_js),
    FILE("replay-text.js", replay_text_js),
    FILE("replay-view.js", replay_view_js),
    FILE("replay.css", replay_css),
    FILE("replay.js", replay_js),
    FILE("replay.mustache", replay_mustache),
    FILE("report-boxes.js", report_boxes_js),
    FILE("report-core.js", report_core_js),
    FILE("report-index.js", report_index_js),
    FILE("report-lanes.js", report_lanes_js),
    FILE("report-query.js", report_query_js),
    FILE("report-rows.js", report_rows_js),
    FILE("report-video.js", report_video_js),
    FILE("report.css", report_css),
    FILE("row.mustache", row_mustache),
    FILE("rows.mustache", rows_mustache),
    FILE("uplot.css", uplot_css),
    FILE("uplot.js", uplot_js),
    FILE("verdicts.mustache", verdicts_mustache),
    FILE("video.mustache", video_mustache),
    FILE("videos.mustache", videos_mustache),
};

const struct CAsset *CAssetsTemplates(size_t *count) {
    *count = sizeof templates / sizeof *templates;
    return templates;
}

static const struct CAsset plugin_files[] = {
    FILE("forgebatch_plugin.py", plugin_helper),
    FILE("skeleton/manifest.json", skeleton_manifest),
    FILE("skeleton/plugin.py", skeleton_program),
    FILE("skeleton/README.md", skeleton_readme),
};

const struct CAsset *CAssetsPluginFiles(size_t *count) {
    *count = sizeof plugin_files / sizeof *plugin_files;
    return plugin_files;
}

struct CAsset CAssetsToolCosts(void) {
    return (struct CAsset)FILE("tool-costs.json", tool_costs);
}
