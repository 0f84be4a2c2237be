#include "server/bodies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

namespace stom {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTopics = 64;
constexpr std::size_t kMaxParameters = 64;
constexpr std::size_t kMaxLimits = 100;
constexpr std::size_t kMaxChoiceText = 200;
constexpr DurationNanos kMaxStep = 10 * kMinute;
constexpr std::int64_t kMinSpeed = 100;        // 0.1
constexpr std::int64_t kMaxSpeed = 1'000'000;  // 1000

Problem bad_field(std::string_view field, std::string detail, std::string hint = {}) {
  return {"bad_request", std::move(detail), std::move(hint), {{"field", std::string{field}}}};
}

std::expected<json, Problem> parse_object(std::string_view body) {
  json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) return std::unexpected(Problem{"bad_json", "The body is not valid JSON", ""});
  if (!parsed.is_object()) return std::unexpected(Problem{"bad_json", "The body is not a JSON object", ""});
  return parsed;
}

/// The string of that name; nullptr where it is absent or null. `wrong` is set where it is something else.
const std::string* text_of(const json& object, const char* name, bool& wrong) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return nullptr;
  const auto* text = found->get_ptr<const std::string*>();
  wrong |= text == nullptr;
  return text;
}

std::expected<std::string, Problem> required_text(const json& object, const char* name) {
  bool wrong = false;
  const auto* text = text_of(object, name, wrong);
  if (!text) return std::unexpected(bad_field(name, fmt::format("\"{}\" must be a string", name)));
  return *text;
}

std::expected<bool, Problem> flag(const json& object, const char* name, bool otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return otherwise;
  if (!found->is_boolean()) return std::unexpected(bad_field(name, fmt::format("\"{}\" must be true or false", name)));
  return found->get<bool>();
}

std::expected<InstrumentIndex, Problem> find_instrument(const std::string& id, const SessionInfo& info) {
  for (std::size_t i = 0; i < info.instruments.size(); ++i)
    if (info.instruments[i].id == id) return static_cast<InstrumentIndex>(i);
  return std::unexpected(Problem{"unknown_instrument",
                                 fmt::format("{} is not in this session", id),
                                 "GET /api/v1/session lists the instruments",
                                 {{"instrument", id}}});
}

/// A price of a limit or a trigger: positive and on the ladder. The hint names the neighbours that are.
std::expected<Price, Problem> ladder_price(const json& object, const char* name, const Instrument& instrument) {
  auto text = required_text(object, name);
  if (!text) return std::unexpected(text.error());
  const int decimals = decimals_of(*text);
  if (decimals < 0) return std::unexpected(bad_field(name, fmt::format("\"{}\" is not a plain decimal", *text)));
  // One decimal finer than the instrument's is enough to say which neighbours there are.
  const auto exact = parse_decimal(*text, instrument.price_decimals);
  if (!exact && decimals <= instrument.price_decimals)
    return std::unexpected(
        Problem{"price_out_of_range", fmt::format("{} is too large", *text), "", {{"price", *text}}});
  const auto shown = [&](Price price) { return format_decimal(price.value, instrument.price_decimals); };
  if (!exact) {
    const std::string tick = shown(instrument.base_tick());
    return std::unexpected(Problem{"off_tick",
                                   fmt::format("{} is not a multiple of {} for {}", *text, tick, instrument.id),
                                   fmt::format("Use a multiple of {}", tick),
                                   {{"price", *text}, {"tick", tick}}});
  }
  const Price price{*exact};
  if (price.value <= 0)
    return std::unexpected(Problem{"not_positive", fmt::format("The price {} is not positive", *text), ""});
  if (instrument.on_ladder(price)) return price;
  const Price tick = instrument.tick_at(price);
  const Price below{price.value - price.value % tick.value};
  return std::unexpected(Problem{"off_tick",
                                 fmt::format("{} is not a multiple of {} for {}", *text, shown(tick), instrument.id),
                                 fmt::format("Use {} or {}", shown(below), shown(below + tick)),
                                 {{"price", *text}, {"tick", shown(tick)}}});
}

std::expected<Quantity, Problem> lot_quantity(const json& object, const Instrument& instrument) {
  auto text = required_text(object, "quantity");
  if (!text) return std::unexpected(text.error());
  const std::string lot = format_decimal(instrument.lot.value, instrument.quantity_decimals);
  const Problem off_lot{"off_lot",
                        fmt::format("{} is not a multiple of {} for {}", *text, lot, instrument.id),
                        fmt::format("Use a multiple of {}", lot),
                        {{"quantity", *text}, {"lot", lot}}};
  const int decimals = decimals_of(*text);
  if (decimals < 0) return std::unexpected(bad_field("quantity", fmt::format("\"{}\" is not a plain decimal", *text)));
  if (decimals > instrument.quantity_decimals) return std::unexpected(off_lot);
  const auto exact = parse_decimal(*text, instrument.quantity_decimals);
  if (!exact) return std::unexpected(bad_field("quantity", fmt::format("{} is too large", *text)));
  if (*exact <= 0)
    return std::unexpected(Problem{"not_positive", fmt::format("The quantity {} is not positive", *text), ""});
  if (*exact % instrument.lot.value != 0) return std::unexpected(off_lot);
  return Quantity{*exact};
}

std::expected<OrderType, Problem> order_type(const std::string& name) {
  if (name == "limit") return OrderType::Limit;
  if (name == "market") return OrderType::Market;
  if (name == "stop") return OrderType::Stop;
  if (name == "stop_limit") return OrderType::StopLimit;
  return std::unexpected(
      bad_field("type", fmt::format("\"{}\" is not an order type", name), "Use limit, market, stop or stop_limit"));
}

std::expected<TimeInForce, Problem> time_in_force(const json& object, OrderType type) {
  bool wrong = false;
  const auto* name = text_of(object, "time_in_force", wrong);
  if (!name && !wrong) return type == OrderType::Market ? TimeInForce::IOC : TimeInForce::GTC;
  if (name && *name == "gtc") return TimeInForce::GTC;
  if (name && *name == "ioc") return TimeInForce::IOC;
  if (name && *name == "fok") return TimeInForce::FOK;
  return std::unexpected(bad_field("time_in_force", "\"time_in_force\" must be gtc, ioc or fok"));
}

std::expected<std::int64_t, Problem> speed(const std::string& text) {
  const Problem wrong = bad_field("value", fmt::format("\"{}\" is not a speed", text), "Use 0.1 to 1000, or max");
  if (text == "max") return kSpeedMax;
  const auto milli = parse_decimal(text, 3);
  if (!milli || *milli < kMinSpeed || *milli > kMaxSpeed) return std::unexpected(wrong);
  return *milli;
}

bool parse_whole(const std::string& text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// One line of printable text: what goes into the journal and the choice file must not end their lines.
bool is_one_line(std::string_view text) {
  return text.size() <= kMaxChoiceText &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::expected<void, Problem> read_time(const json& object, const char* name, UnixNanos& time) {
  bool wrong = false;
  const auto* text = text_of(object, name, wrong);
  if (text && parse_whole(*text, time)) return {};
  if (!text && !wrong) return {};
  return std::unexpected(bad_field(name, fmt::format("\"{}\" must be nanoseconds since 1970 as a string", name)));
}

}  // namespace

bool is_json(std::string_view text) { return json::accept(text); }

std::expected<std::string, Problem> parse_login(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  return required_text(*object, "token");
}

std::expected<Command, Problem> parse_order(std::string_view body, const SessionInfo& info) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  const auto id = required_text(*object, "instrument");
  if (!id) return std::unexpected(id.error());
  const auto index = find_instrument(*id, info);
  if (!index) return std::unexpected(index.error());
  const Instrument& instrument = info.instruments[*index];
  const auto side = required_text(*object, "side");
  if (!side) return std::unexpected(side.error());
  if (*side != "buy" && *side != "sell") return std::unexpected(bad_field("side", "\"side\" must be buy or sell"));
  const auto type_name = required_text(*object, "type");
  if (!type_name) return std::unexpected(type_name.error());
  const auto type = order_type(*type_name);
  if (!type) return std::unexpected(type.error());
  const auto validity = time_in_force(*object, *type);
  if (!validity) return std::unexpected(validity.error());
  const auto post_only = flag(*object, "post_only", false);
  if (!post_only) return std::unexpected(post_only.error());
  const auto reduce_only = flag(*object, "reduce_only", false);
  if (!reduce_only) return std::unexpected(reduce_only.error());
  const auto quantity = lot_quantity(*object, instrument);
  if (!quantity) return std::unexpected(quantity.error());

  Command command;
  command.kind = Command::Kind::Submit;
  NewOrder& order = command.order;
  order.instrument = *index;
  order.side = *side == "buy" ? Side::Buy : Side::Sell;
  order.type = *type;
  order.time_in_force = *validity;
  order.post_only = *post_only;
  order.reduce_only = *reduce_only;
  order.quantity = *quantity;
  if (*type == OrderType::Limit || *type == OrderType::StopLimit) {
    const auto price = ladder_price(*object, "price", instrument);
    if (!price) return std::unexpected(price.error());
    order.price = *price;
  }
  if (*type == OrderType::Stop || *type == OrderType::StopLimit) {
    const auto trigger = ladder_price(*object, "trigger_price", instrument);
    if (!trigger) return std::unexpected(trigger.error());
    order.trigger_price = *trigger;
  }
  if (*post_only && (*type != OrderType::Limit || *validity != TimeInForce::GTC))
    return std::unexpected(
        Problem{"unsupported", "Post-only is for limit orders that rest (gtc)", "Leave post_only out"});
  return command;
}

std::expected<Command, Problem> parse_control(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  const auto action = required_text(*object, "action");
  if (!action) return std::unexpected(action.error());
  bool wrong = false;
  const auto* value = text_of(*object, "value", wrong);
  if (wrong) return std::unexpected(bad_field("value", "\"value\" must be a string"));
  Command command;
  if (*action == "play") {
    command.kind = Command::Kind::Play;
  } else if (*action == "pause") {
    command.kind = Command::Kind::Pause;
  } else if (*action == "restart") {
    command.kind = Command::Kind::Restart;
  } else if (*action == "pause_strategy") {
    command.kind = Command::Kind::PauseStrategy;
  } else if (*action == "resume_strategy") {
    command.kind = Command::Kind::ResumeStrategy;
  } else if (*action == "speed") {
    if (!value) return std::unexpected(bad_field("value", "speed needs a value", "Use 0.1 to 1000, or max"));
    const auto milli = speed(*value);
    if (!milli) return std::unexpected(milli.error());
    command.kind = Command::Kind::Speed;
    command.speed_milli = *milli;
  } else if (*action == "step" && (!value || *value == "event")) {
    command.kind = Command::Kind::StepEvent;
  } else if (*action == "step") {
    const auto duration = parse_duration(*value);
    if (!duration || *duration <= 0 || *duration > kMaxStep)
      return std::unexpected(bad_field("value", fmt::format("\"{}\" is not a step", *value),
                                       "Use event, or a time up to 10m: 100ms, 1s, 10s, 1m"));
    command.kind = Command::Kind::StepTime;
    command.step = *duration;
  } else if (*action == "jump" && value && *value == "fill") {
    command.kind = Command::Kind::JumpToFill;
  } else if (*action == "jump" && value && *value == "order") {
    command.kind = Command::Kind::JumpToOrder;
  } else if (*action == "jump") {
    command.kind = Command::Kind::JumpToTime;
    if (!value || !parse_whole(*value, command.until))
      return std::unexpected(bad_field("value", fmt::format("\"{}\" is not where one can jump to", value ? *value : ""),
                                       "Use fill, order, or nanoseconds since 1970"));
  } else {
    return std::unexpected(bad_field("action", fmt::format("\"{}\" is not an action", *action),
                                     "Use play, pause, speed, step, jump, restart, pause_strategy or resume_strategy"));
  }
  return command;
}

std::expected<Command, Problem> parse_begin(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  auto choice = std::make_shared<SessionChoice>();
  auto instrument = required_text(*object, "instrument");
  if (!instrument) return std::unexpected(instrument.error());
  choice->instrument = std::move(*instrument);
  bool wrong = false;
  if (const auto* strategy = text_of(*object, "strategy", wrong)) choice->strategy = *strategy;
  if (wrong) return std::unexpected(bad_field("strategy", "\"strategy\" must be a name, or null for none"));
  // A name as it is listed: no file that a caller might have put somewhere.
  for (const auto* name : {&choice->instrument, &choice->strategy})
    if (!is_one_line(*name) || (name == &choice->strategy && name->find_first_of("/.") != std::string::npos))
      return std::unexpected(bad_field(name == &choice->strategy ? "strategy" : "instrument",
                                       fmt::format("\"{}\" is not a name", *name), "Take one that is listed"));
  if (const auto found = object->find("parameters"); found != object->end() && !found->is_null()) {
    if (!found->is_object() || found->size() > kMaxParameters)
      return std::unexpected(bad_field("parameters", "\"parameters\" must be an object of texts"));
    for (const auto& [name, value] : found->items()) {
      const auto* text = value.get_ptr<const std::string*>();
      if (!text || !is_one_line(*text) || !is_one_line(name) || name.find_first_of("= ") != std::string::npos)
        return std::unexpected(bad_field("parameters", fmt::format("parameter \"{}\" must be one line of text", name)));
      choice->parameters[name] = *text;
    }
  }
  if (const auto found = object->find("limits"); found != object->end() && !found->is_null()) {
    const Problem wrong_list = bad_field(
        "limits", fmt::format("\"limits\" must be a list of at most {} texts such as position=2", kMaxLimits));
    if (!found->is_array() || found->size() > kMaxLimits) return std::unexpected(wrong_list);
    auto& limits = choice->limits.emplace();
    for (const auto& limit : *found) {
      const auto* text = limit.get_ptr<const std::string*>();
      if (!text || text->empty() || !is_one_line(*text) || text->find_first_of(" ;") != std::string::npos)
        return std::unexpected(wrong_list);
      limits.push_back(*text);
    }
  }
  if (auto from = read_time(*object, "from_time_ns", choice->from); !from) return std::unexpected(from.error());
  if (auto to = read_time(*object, "to_time_ns", choice->to); !to) return std::unexpected(to.error());
  Command command;
  command.kind = Command::Kind::Begin;
  command.choice = std::move(choice);
  return command;
}

std::expected<Command, Problem> parse_flatten(std::string_view body, const SessionInfo& info) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  bool wrong = false;
  const auto* id = text_of(*object, "instrument", wrong);
  if (wrong) return std::unexpected(bad_field("instrument", "\"instrument\" must be a string or null"));
  Command command;
  command.kind = Command::Kind::Flatten;
  if (id) {
    const auto index = find_instrument(*id, info);
    if (!index) return std::unexpected(index.error());
    command.instrument = *index;
  }
  const auto pause = flag(*object, "pause_strategy", true);
  if (!pause) return std::unexpected(pause.error());
  command.pause_strategy = *pause;
  return command;
}

std::expected<KillCall, Problem> parse_kill(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(object.error());
  const auto session = required_text(*object, "session");
  if (!session) return std::unexpected(session.error());
  const auto step = required_text(*object, "step");
  if (!step) return std::unexpected(step.error());
  if (*step != "entries" && *step != "cancel" && *step != "flatten")
    return std::unexpected(bad_field("step", "\"step\" must be entries, cancel or flatten"));
  bool wrong = false;
  const auto* confirm = text_of(*object, "confirm", wrong);
  const std::string name = session->substr(session->find_last_of('/') + 1);
  if (wrong || (*step == "flatten" && (confirm == nullptr || *confirm != name)))
    return std::unexpected(bad_field("confirm", "flatten closes every position of the session by market orders",
                                     "\"confirm\" is the name of the session's folder"));
  return KillCall{*session, *step};
}

std::expected<ClientMessage, Problem> parse_message(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  const auto op = required_text(*object, "op");
  if (!op) return std::unexpected(op.error());
  ClientMessage message;
  if (*op == "subscribe") {
    message.op = ClientMessage::Op::Subscribe;
  } else if (*op == "unsubscribe") {
    message.op = ClientMessage::Op::Unsubscribe;
  } else if (*op != "ping") {
    return std::unexpected(
        bad_field("op", fmt::format("\"{}\" is not an op", *op), "Use subscribe, unsubscribe or ping"));
  }
  if (const auto id = object->find("id"); id != object->end()) {
    if (!id->is_number_integer()) return std::unexpected(bad_field("id", "\"id\" must be a whole number"));
    message.id = id->get<std::int64_t>();
  }
  if (message.op == ClientMessage::Op::Ping) return message;
  const auto topics = object->find("topics");
  if (topics == object->end() || !topics->is_array() || topics->size() > kMaxTopics)
    return std::unexpected(
        bad_field("topics", fmt::format("\"topics\" must be a list of at most {} names", kMaxTopics)));
  for (const auto& topic : *topics) {
    const auto* name = topic.get_ptr<const std::string*>();
    if (!name) return std::unexpected(bad_field("topics", "a topic must be a string"));
    message.topics.push_back(*name);
  }
  return message;
}

}  // namespace stom
