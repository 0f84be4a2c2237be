// The one place that knows all venues by name: what an instrument's id says, and who decodes its frames. A new venue is
// its folder and one line in registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"
#include "venues/events.hpp"
#include "venues/market_data.hpp"
#include "venues/venue.hpp"

namespace stom::venues {

/// What "venue:symbol" says: base, quote, kind of contract. Decimals, ladder and lot are not in a name (ladders.hpp).
Instrument describe(std::string_view id);

/// A decoder for the frames of the instrument's venue, null where it has none.
std::unique_ptr<MarketDataDecoder> make_market_data_decoder(std::string_view id);
std::vector<std::string> venues_with_market_data();

/// A decoder for all that the venue sends, null where there is none for that name.
std::unique_ptr<Decoder> make_decoder(std::string_view venue);
std::vector<std::string> venues_with_decoder();

/// The venue itself, as a state machine; Errc::Unsupported where there is none for that name yet.
Result<std::unique_ptr<Venue>> make_venue(std::string_view name, const VenueConfig& config);

/// What there is for a venue, a line of `stom venue list`.
struct VenueSummary {
  std::string name;
  std::string about;
  bool market_data = false;  // its recorded frames can be imported
  bool events = false;       // `stom venue decode` reads what it sends
  bool client = false;       // make_venue() makes it
  std::string well_known;    // an instrument that it is sure to have; empty where there is no client
};
std::vector<VenueSummary> venues();

/// The public REST path below which the venue lists the instrument's tick and lot, or of "VENUE:" all its instruments;
/// its answer is for make_decoder(). Empty where the venue lists neither.
std::string list_of(std::string_view id);

/// The market whose ladder the instrument trades on ("upbit-krw"); empty where none is known.
std::string market_of(std::string_view id);

}  // namespace stom::venues
