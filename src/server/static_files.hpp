// The page's files, read into memory when the server starts. A request is looked up by its exact path among the files
// that were there, so no request can name a file outside the folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/result.hpp"
#include "net/http.hpp"

namespace stom {

class StaticFiles {
 public:
  /// No page: `/` says how to build it.
  StaticFiles() = default;
  /// All files under `folder`, 64 MiB and 4,000 of them at most; links are not followed.
  static Result<StaticFiles> load(const std::filesystem::path& folder);

  bool empty() const { return files_.empty(); }
  /// For GET and HEAD. Paths without a dot that are no file give index.html: the page knows them.
  net::Response get(const net::Request& request) const;

 private:
  struct File {
    std::string bytes;
    std::string content_type;
    std::string etag;
    bool immutable = false;
  };
  const File* find(const std::string& path) const;
  std::map<std::string, File> files_;  // by path, with the leading slash
};

}  // namespace stom
