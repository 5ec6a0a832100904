#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// ONVIF metadata in JSON: {TopicPrefix}/onvif-mj/{VideoAnalytics|AudioAnalytics|PTZ}/{profile}/{module} with frames of objects, and
// …/SensorData/{type}. Attributes are "@"-keys, "#text" is an element's text; any value may be quoted. Objects are counted by class and
// the likeliest is named; what would tell who somebody is (face, body, clothing) is not kept.
decoded decode_onvif_metadata(decode_input const& in);

}  // namespace ioc::perceive
