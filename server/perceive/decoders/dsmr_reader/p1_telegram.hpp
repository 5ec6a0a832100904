#pragma once
#include "perceive/decoder.hpp"

#include <string_view>

namespace ioc::perceive {

// A P1 telegram (IEC 62056-21 data block with OBIS codes): one "A-B:C.D.E(value*unit)" a line. Adds what is kept to `e` and sets its time
// from 0-0:1.0.0 (local, S = summer, W = winter, offsets of Central Europe). Its checksum was checked by the reader that sent it; line ends
// do not survive every broker, so it is not checked again. False when the text holds no OBIS line at all.
bool read_p1_telegram(std::string_view telegram, decoded_element& e);

}  // namespace ioc::perceive
