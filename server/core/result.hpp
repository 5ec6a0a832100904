#pragma once
#include <boost/system/result.hpp>

namespace ioc::core {

// What a call that can fail returns: the value, or an error code of the room's own enum.
template <class T>
using result = boost::system::result<T>;

}  // namespace ioc::core
