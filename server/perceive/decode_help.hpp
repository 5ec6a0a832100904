#pragma once
#include "perceive/decoder.hpp"
#include "perceive/json_read.hpp"
#include "perceive/scalar_read.hpp"
#include "perceive/topic_levels.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// What decoders build their answers from: whole messages of the usual kinds, readings, names of channels. Pure.
// How a number or a word is read stands in scalar_read.

// One element without readings yet; its content is the hash of topic and payload, which tells repeats apart.
decoded blank(message_kind k, std::string device, decode_input const& in);
// The same with one reading.
decoded single(message_kind k, std::string device, decoded_reading r, decode_input const& in);

// What a topic carries that holds one number. `unit` is the one after `divide` was applied to the device's number.
struct scalar_rule {
  std::string_view metric;
  std::string channel;
  std::string_view unit;
  double divide = 1;
};
// One element with one reading; ignored when the value is missing, rejected when it is no number.
decoded scalar_message(std::string native, scalar_rule const& rule, std::string_view payload, std::string_view topic);

// A status message that says only whether the device can be reached.
decoded online_message(std::string native, bool online, std::string_view payload);

// A command seen on its way to a device: described, never carried out. `action` in our words or the vendor's in lower case.
decoded command_message(std::string native, std::string action, std::string ack_topic, std::string id = {});

// The element's time from a member: null says nothing, one that is no time is marked as refused.
void set_time(decoded_element& e, boost::json::value const* said, decoder_settings const* settings);
// The same for a field that is UTC by its name, with or without "Z".
void set_utc_time(decoded_element& e, boost::json::value const* said);

// Append one reading. add_text keeps nothing when the text is empty, longer than a value may be, or not valid UTF-8.
void add_number(decoded_element& e, std::string_view metric, std::string channel, std::string_view unit, double v,
                core::quality q = core::quality::good);
void add_flag(decoded_element& e, std::string_view metric, std::string channel, bool v, core::quality q = core::quality::good);
void add_text(decoded_element& e, std::string_view metric, std::string channel, std::string_view v);

// A text that may be stored: not empty after trimming, valid UTF-8, cut to 256 bytes. Nothing for another kind of value.
std::optional<std::string> kept_text(boost::json::value const* v);
std::optional<std::string> kept_text(std::string_view payload);

// A part of a channel's name: at most 64 bytes, no control characters.
std::string channel_part(std::string_view text);
// Two parts of a channel's name with '/' between; an empty one falls away.
std::string sub_channel(std::string_view outer, std::string_view inner);

}  // namespace ioc::perceive
