#pragma once
#include "adapters/journal/segment.hpp"

#include <deque>

namespace ioc::journal {

// What a directory holds after it was walked. `segments` are consecutive and end with the one that is written next; `prepared` is an
// empty one after it, or null. `end` is where the next record goes, `last_next` stands after the last one (they differ when a segment
// has just been closed). `report` is empty, or a sentence on what was cut.
struct recovered {
  std::deque<std::shared_ptr<segment>> segments;
  std::shared_ptr<segment> prepared;
  position end = 0;
  position last_next = 0;
  core::time_point last_arrival;
  std::string report;
};

// Checks every record of every segment. Cuts at the first bad one when nothing valid can follow: in the last segment with data, or
// above the offset that was surely on disk (a power cut during a change of segments). The cut bytes are kept beside it, `cut-*.bin`.
// Throws std::runtime_error, changing nothing, on a bad record with data in later segments, an unknown version, a gap in the numbers.
recovered recover(std::filesystem::path const& dir, std::uint64_t segment_bytes);

}  // namespace ioc::journal
