// The language server of condition texts, for editors on the page. apps/ fills it: server/ knows no conditions.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stom {

/// One editor's: a message in, what is to be sent to it out. Called on the I/O thread, so it has to be quick.
using LanguageTalk = std::move_only_function<std::vector<std::string>(std::string_view message)>;
/// Begins one. Empty: there is no such endpoint.
using BeginLanguageTalk = std::function<LanguageTalk()>;

/// What one frame from an editor may hold. Less than that is the language server's to refuse in words; beyond, the
/// socket is closed with 1009.
inline constexpr std::size_t kMostLanguageFrame = std::size_t{2} << 20;

}  // namespace stom
