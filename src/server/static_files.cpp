#include "server/static_files.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "core/hash.hpp"
#include "core/text_file.hpp"
#include "server/problem.hpp"

namespace stom {
namespace {

constexpr std::uintmax_t kMaxBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxFiles = 4000;

constexpr std::string_view kNoPage =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>STOM</title>"
    "<h1>STOM is running</h1><p>The page is not built. Build it with <code>npm ci &amp;&amp; npm run build</code> in "
    "<code>web/</code> and start again, or name its folder with <code>stom serve --web DIR</code>. "
    "The API answers as described in docs/api.md.</p></html>";

std::string content_type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/plain; charset=utf-8"},
  }};
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return std::string{type};
  return "application/octet-stream";
}

std::string etag_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return '"' + hash.hex().substr(0, 32) + '"';
}

bool has_dot_in_last_segment(std::string_view path) {
  return path.substr(path.rfind('/')).find('.') != std::string_view::npos;
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entries{folder, error};
  if (error)
    return fail(Errc::NotFound, fmt::format("cannot read the page's folder {}: {}", folder.string(), error.message()),
                "build the page in web/, or name its folder with --web DIR");
  StaticFiles loaded;
  std::uintmax_t total = 0;
  for (const auto& entry : entries) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    auto bytes = read_text_file(entry.path(), kMaxBytes);
    if (!bytes) return std::unexpected(bytes.error());
    total += bytes->size();
    if (total > kMaxBytes || loaded.files_.size() >= kMaxFiles)
      return fail(Errc::Usage, fmt::format("{} holds more than a page", folder.string()),
                  "name the folder with the built page (web/dist) with --web DIR");
    std::string path = '/' + entry.path().lexically_relative(folder).generic_string();
    File file{std::move(*bytes), content_type_of(path), {}, path.starts_with("/assets/")};
    file.etag = etag_of(file.bytes);
    loaded.files_.emplace(std::move(path), std::move(file));
  }
  return loaded;
}

const StaticFiles::File* StaticFiles::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

net::Response StaticFiles::get(const net::Request& request) const {
  const std::string* path = &request.path;
  static const std::string kIndex = "/index.html";
  const File* file = find(*path);
  if (!file && !has_dot_in_last_segment(*path)) file = find(*(path = &kIndex));
  if (!file) {
    const bool no_page = files_.empty() && !has_dot_in_last_segment(request.path);
    if (no_page) return {200, "text/html; charset=utf-8", std::string{kNoPage}, {{"Cache-Control", "no-cache"}}};
    return to_response({"not_found", "There is no such file", "Open /"}, request.path);
  }
  net::Response response{200, file->content_type, {}, {}};
  response.headers.push_back({"Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"});
  const File* packed = find(*path + ".gz");
  if (packed) response.headers.push_back({"Vary", "Accept-Encoding"});
  if (packed && request.header("Accept-Encoding").find("gzip") != std::string_view::npos) {
    file = packed;
    response.headers.push_back({"Content-Encoding", "gzip"});
  }
  response.headers.push_back({"ETag", file->etag});
  if (request.header("If-None-Match") == file->etag)
    response.status = 304;
  else
    response.body = file->bytes;
  return response;
}

}  // namespace stom
