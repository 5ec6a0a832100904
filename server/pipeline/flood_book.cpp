#include "pipeline/flood_book.hpp"

#include <cstdio>

namespace ioc::pipeline {

std::string_view to_text(cut_state s) {
  constexpr std::string_view names[] = {"wanted", "disabled", "no_account", "impossible"};
  return names[static_cast<std::size_t>(s)];
}

std::string told_at_raise(flood_case const& f) {
  char text[256];
  std::snprintf(text, sizeof text, "Vượt hạn mức %.0f bản tin/giây liên tục %.0f giây; đã từ chối %llu bản tin vượt hạn mức, không giải mã.", f.quota_per_s,
                core::to_seconds(f.decided - f.since), static_cast<unsigned long long>(f.refused));
  return text;
}

std::string told_of_cut(flood_case const& f) {
  switch (f.cut) {
    case cut_state::disabled: return "Đã vô hiệu hóa tài khoản MQTT " + f.account + " và ngắt kết nối; quản trị viên mở lại khi thiết bị đã được sửa.";
    case cut_state::no_account:
      return "Máy chủ MQTT không có tài khoản " + f.account + " (" + f.why + "): bản tin đến qua tài khoản khác, phần vượt hạn mức vẫn bị từ chối.";
    case cut_state::impossible: return "Không vô hiệu hóa được tài khoản: " + f.why + "; phần vượt hạn mức vẫn bị từ chối.";
    case cut_state::wanted: break;
  }
  return "Đang vô hiệu hóa tài khoản MQTT " + f.account + ".";
}

}  // namespace ioc::pipeline
