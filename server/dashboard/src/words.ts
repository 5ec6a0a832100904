// Every sentence of the screens, Vietnamese first. Variables stand whole in {braces} so that each language
// orders them its own way; **two stars** mark what stands out. Words follow the project's glossary.
import type { Both } from './wire/types'
import type { Lang } from './wire/format'

const TABLE = {
  // places and bars
  duty: ['Trực ban', 'Duty'], devices: ['Thiết bị', 'Devices'], menu: ['Chính', 'Main'],
  live: ['Trực tiếp', 'Live'], live_s: ['{s} giây', '{s} s'], connecting: ['Đang kết nối', 'Connecting'],
  sound_on: ['Âm thanh bật', 'Sound on'], sound_suspended: ['Âm thanh đang tắt, bấm để bật', 'Sound is off, press to turn on'],
  sound_silenced: ['Tắt tiếng, còn {left}', 'Silenced, {left} left'], sound_test: ['Thử âm thanh', 'Test the sound'],
  theme_day: ['Chuyển sang nền ngày', 'Switch to the day theme'], theme_night: ['Chuyển sang nền đêm', 'Switch to the night theme'],
  language: ['English', 'Tiếng Việt'], logout: ['Đăng xuất', 'Log out'], unit: ['Địa bàn', 'Area'], commune: ['Xã {name}', '{name} commune'],
  // truth strip
  province_down: ['**Mất liên thông IOC tỉnh** từ {since} ({age})', '**Provincial IOC link lost** since {since} ({age})'],
  province_queue: ['**{n}** cảnh báo chờ gửi, tự gửi lại khi có mạng', '**{n}** alerts queued, sent again once the link is back'],
  database_down: ['**Cơ sở dữ liệu không trả lời** từ {since}, thay đổi được ghi vào nhật ký', '**Database not answering** since {since}, changes go to the journal'],
  broker_down: ['**Mất kết nối máy chủ MQTT** từ {since}, chưa nhận được số liệu mới', '**MQTT broker lost** since {since}, no new data arrives'],
  clock_off: ['**Đồng hồ máy này lệch {age}**, màn hình dùng giờ máy chủ', '**This computer’s clock is off by {age}**, the screen uses server time'],
  devices_off: ['**{n}** thiết bị mất kết nối', '**{n}** devices offline'],
  // lost connection
  lost: ['Mất kết nối máy chủ từ {since} ({age})', 'Server lost at {since} ({age})'], lost_try: ['Đang nối lại, lần {n}', 'Reconnecting, attempt {n}'],
  lost_untrue: ['Màn hình này không còn đúng.', 'This screen is no longer true.'], lost_act: ['Không thao tác được khi mất kết nối máy chủ', 'No action is possible while the server is lost'],
  back: ['Đã nối lại, bổ sung {n} cảnh báo đã qua', 'Reconnected, {n} missed alerts added'], back_none: ['Đã nối lại, không có cảnh báo nào bị lỡ', 'Reconnected, no alert was missed'],
  mute: ['Tắt tiếng', 'Silence'],
  // alert list
  alerts: ['Cảnh báo', 'Alerts'], unacked_n: ['Chưa tiếp nhận {n}', 'Unacknowledged {n}'], acked_n: ['Đã tiếp nhận {n}', 'Acknowledged {n}'],
  worst_first: ['khẩn cấp trước', 'worst first'], waiting_n: ['{n} mới', '{n} new'], receiving: ['Đang nhận danh sách cảnh báo', 'Receiving the alert list'],
  none: ['Không có cảnh báo đang mở, tính đến {time}', 'No open alerts as of {time}'], none_head: ['Không có cảnh báo đang mở', 'No open alerts'],
  none_basis: ['Tính đến {time}, {online}/{total} thiết bị trực tuyến', 'As of {time}, {online} of {total} devices online'],
  left: ['còn {left}', '{left} left'], overdue: ['quá hạn {age}', '{age} overdue'], missed_row: ['mới khi mất kết nối', 'new while offline'],
  beside_n: ['{shelved} tạm ẩn, {suppressed} bị triệt tiêu, {out} bảo trì', '{shelved} snoozed, {suppressed} suppressed, {out} out of service'],
  zone: ['vùng {zone}', 'zone {zone}'], unsaved: ['chưa lưu', 'not saved yet'], occurrences: ['lần {n}', 'time {n}'],
  row_rate: ['{value} trong {window}', '{value} in {window}'], row_flat: ['{value} không đổi', '{value} unchanged'],
  load: ['{n} cảnh báo trong 10 phút qua', '{n} alerts in the last 10 minutes'], load_flood: ['Dồn dập từ 10 trong 10 phút', 'A flood is 10 in 10 minutes'],
  key_choose: ['chọn', 'choose'], key_ack: ['tiếp nhận', 'acknowledge'], key_approve: ['phê duyệt', 'approve'], key_help: ['Phím tắt', 'Keys'],
  // severities and states
  sev_info: ['thông tin', 'info'], sev_notice: ['chú ý', 'notice'], sev_warning: ['cảnh báo', 'warning'], sev_danger: ['nguy hiểm', 'danger'], sev_emergency: ['khẩn cấp', 'emergency'],
  st_active_unacked: ['chưa tiếp nhận', 'unacknowledged'], st_active_acked: ['đã tiếp nhận', 'acknowledged'], st_cleared_unacked: ['đã hết, chưa tiếp nhận', 'cleared, not acknowledged'], st_closed: ['đã đóng', 'closed'],
  verified: ['đã kiểm chứng', 'verified'], unverified: ['chờ xác minh', 'to be verified'], retrospective: ['hồi cứu', 'retrospective'],
  // head
  ack: ['Tiếp nhận', 'Acknowledge'], ack_sending: ['Đang gửi', 'Sending'], ack_slow: ['Chưa xác nhận', 'Not confirmed yet'], ack_journal: ['Đã ghi nhật ký', 'In the journal'],
  ack_failed: ['Chưa tiếp nhận được: {why}', 'Not acknowledged: {why}'], ack_first: ['{who} đã tiếp nhận trước', '{who} acknowledged first'],
  acked_by: ['{who} đã tiếp nhận lúc {time}', '{who} acknowledged at {time}'], acked_short: ['{who} tiếp nhận {time}', '{who} acknowledged {time}'], threshold: ['ngưỡng {value}', 'threshold {value}'],
  ago: ['{time}, {age} trước', '{time}, {age} ago'], tells: ['{left} nữa báo {role}', '{role} told in {left}'], told: ['Đã leo thang lên {role} lúc {time}', 'Escalated to the {role} at {time}'], escalated_row: ['leo thang {time}', 'escalated {time}'],
  no_limit: ['không đặt hạn tiếp nhận', 'no acknowledgement limit'],
  // facts
  past: ['{window} qua', 'Last {window}'], fact_rate: ['ngưỡng lên nhanh {value}', 'rise threshold {value}'], fact_prev: ['trước đó {value}', 'before that {value}'],
  fact_slower: ['chậm lại, trước đó {value}', 'slowing, before that {value}'], fact_faster: ['nhanh hơn, trước đó {value}', 'faster, before that {value}'],
  fact_rain: ['Mưa {window}', 'Rain, {window}'], fact_peak: ['{device}, đỉnh {time}', '{device}, peak {time}'], confidence: ['Độ tin cậy', 'Confidence'],
  sources: ['{n} nguồn khớp', '{n} sources agree'], source_one: ['1 nguồn', '1 source'], sources_list: ['{used}', '{used}'], sources_excluded: ['{used} · loại {excluded}', '{used} · excluded {excluded}'],
  fact_latest: ['Số liệu mới nhất', 'Latest reading'], fact_range: ['Thấp nhất, cao nhất', 'Lowest, highest'], fact_next: ['Ngưỡng kế tiếp', 'Next threshold'],
  fact_eta: ['{label} sau {window}', '{label} in {window}'], no_data: ['chưa có số liệu', 'no data yet'], in_window: ['trong {window}', 'in {window}'],
  // chart
  rain_axis: ['Mưa, {unit}', 'Rain, {unit}'], chart_label: ['{metric} {device} từ {from} đến {to}, mới nhất {value}', '{metric} {device} from {from} to {to}, latest {value}'],
  excluded_line: ['{device} {why}, không dùng', '{device} {why}, not used'], done_acts: ['Đã làm', 'Done'], chart_none: ['Cảnh báo này không có số liệu để vẽ', 'This alert has no series to draw'],
  chart_wait: ['Đang nhận số liệu', 'Receiving readings'], band_zone: ['Vùng {zone}', 'Zone {zone}'],
  // advice
  recommendation: ['Khuyến nghị: {title}', 'Recommendation: {title}'], actual: ['Thực tế', 'Actual'], drill: ['Diễn tập', 'Drill'], approver: ['{role} phê duyệt', '{role} approves'],
  delegated: ['Ủy quyền cho trực ban', 'Delegated to the duty officer'], basis: ['Căn cứ: {text}', 'Basis: {text}'], no_advice: ['Chưa có khuyến nghị cho cảnh báo này', 'No recommendation for this alert'],
  advice_wait: ['Đang nhận khuyến nghị', 'Receiving the recommendation'], advice_failed: ['Không nhận được khuyến nghị: {why}', 'The recommendation did not arrive: {why}'],
  ready_all: ['{target} sẵn sàng', '{target} ready'], ready_n: ['**{n}/{all}** sẵn sàng', '**{n}/{all}** ready'], not_ready: ['{target} {why}', '{target} {why}'],
  step_task: ['Giao {role} ngay khi phê duyệt', 'Given to the {role} upon approval'], step_task_done: ['Đã giao {role}', 'Given to the {role}'], step_manual: ['Cán bộ làm ngoài hệ thống', 'Done by a person outside the system'],
  propose: ['Gửi lãnh đạo phê duyệt', 'Send to the leader'], proposed: ['Đề nghị phê duyệt: {title}', 'Approval requested: {title}'], proposed_done: ['{who} đã gửi đề nghị lúc {time}', '{who} sent the request at {time}'],
  approve_open: ['Phê duyệt, phát thật', 'Approve, broadcast for real'], approve_open_quiet: ['Phê duyệt', 'Approve'], nothing_sent: ['Chưa phát gì. Loa chỉ phát sau khi {role} phê duyệt.', 'Nothing sent yet. The {role} decides.'],
  needs_role: ['cần {role}', 'needs the {role}'], outside: ['Ngoài phạm vi ủy quyền, cần {role}', 'Outside the delegation, needs the {role}'],
  result_running: ['Đang thực hiện, {n}/{all} thành công', 'In progress, {n} of {all} done'], result_done: ['Đã thực hiện, {n}/{all} thành công', 'Finished, {n} of {all} done'],
  result_bad: ['{list}', '{list}'], ended: ['Khuyến nghị đã kết thúc lúc {time}', 'The recommendation ended at {time}'], approved: ['Đã phê duyệt', 'Approved'],
  reject: ['Từ chối', 'Reject'], reject_why: ['Lý do từ chối', 'Reason for rejecting'], steps_n: ['{n} bước', '{n} steps'], close_why: ['Lý do đóng', 'Reason for closing'], close_alert: ['Đóng cảnh báo', 'Close the alert'],
  // target states
  ts_proposed: ['đã đề nghị', 'proposed'], ts_approved: ['đã phê duyệt', 'approved'], ts_sent: ['đã gửi', 'sent'], ts_accepted: ['đã nhận lệnh', 'accepted'], ts_running: ['đang thực hiện', 'running'],
  ts_succeeded: ['thành công', 'succeeded'], ts_failed: ['thất bại', 'failed'], ts_rejected: ['không gửi', 'not sent'], ts_expired: ['hết hạn', 'expired'], ts_cancelled: ['đã hủy', 'cancelled'],
  rs_no_reply: ['không phản hồi', 'no reply'], rs_not_reached: ['chưa đạt mức yêu cầu', 'not reached'], rs_offline: ['mất kết nối', 'offline'], rs_interlocked: ['khóa liên động', 'interlocked'],
  rs_quiet_hours: ['giờ yên lặng', 'quiet hours'], tries: ['{what}, {n} lần', '{what}, {n} tries'],
  // approve dialog
  dlg_actual: ['Phát thật ra {targets}', 'Sounds for real on {targets}'], dlg_actual_quiet: ['Thực hiện thật {n} lệnh', 'Carries out {n} commands for real'], dlg_targets: ['Đối tượng', 'Targets'], dlg_text: ['Nội dung', 'Text'], dlg_basis: ['Căn cứ', 'Basis'],
  dlg_playbook: ['Kịch bản {playbook}', 'Playbook {playbook}'], dlg_delegated: ['Được ủy quyền theo kịch bản {playbook}', 'Delegated by the playbook {playbook}'],
  dlg_tasks: ['Nhiệm vụ sẽ giao', 'Tasks to be given'], dlg_back: ['Quay lại', 'Go back'], dlg_hold: ['giữ 2 giây', 'hold for 2 seconds'], dlg_type: ['hoặc gõ chữ “{word}” rồi bấm nút', 'or type the word “{word}” and press the button'],
  dlg_word: ['phát', 'send'], dlg_typed: ['Đã gõ đúng, bấm để phát', 'Word matches, press to send'], dlg_failed: ['Chưa phê duyệt được: {why}', 'Not approved: {why}'], dlg_sending: ['Đang gửi phê duyệt', 'Sending the approval'],
  dlg_notready: ['{n} đối tượng chưa sẵn sàng', '{n} targets not ready'], dlg_speakers: ['{n} cụm loa', '{n} speaker clusters'], dlg_sirens: ['{n} còi hú', '{n} sirens'], dlg_others: ['{n} kênh khác', '{n} other channels'], and: ['{a} và {b}', '{a} and {b}'],
  dlg_noreturn: ['Phát rồi không rút lại được.', 'Once sent it cannot be taken back.'], no_text: ['chưa có nội dung soạn sẵn', 'no prepared text'],
  // right column
  map_title: ['Bản đồ', 'Map'], map_none: ['Trình duyệt này không vẽ được bản đồ, danh sách thiết bị ở trang Thiết bị', 'This browser cannot draw the map, see the Devices page for the list'], map_zone: ['Vùng {zone}', 'Zone {zone}'], map_failed: ['Không nhận được ranh giới xã', 'The commune boundary did not arrive'],
  speakers: ['Loa và còi', 'Loudspeakers and sirens'], last_play: ['phát lần cuối {time}', 'last played {time}'], not_played: ['chưa phát', 'not played'], not_on: ['chưa bật', 'not on'], speakers_none: ['Chưa khai báo loa hay còi', 'No loudspeaker or siren registered'],
  online: ['trực tuyến', 'online'], offline: ['mất kết nối', 'offline'], unknown: ['không rõ', 'unknown'],
  tasks: ['Nhiệm vụ', 'Tasks'], tasks_open: ['{n} đang mở', '{n} open'], tasks_more: ['và {n} nhiệm vụ khác', 'and {n} more'],
  story: ['Diễn biến', 'What happened'], story_none: ['Chưa có diễn biến trong ca', 'Nothing yet in this shift'],
  log_raised: ['{title}, {severity}', '{title}, {severity}'], log_cleared: ['Đã hết: {title}', 'Cleared: {title}'], log_acked: ['Tiếp nhận {title}', 'Acknowledged {title}'], log_escalated: ['Leo thang {title}, báo {role}', 'Escalated {title} to the {role}'],
  log_recommended: ['Khuyến nghị **{title}**', 'Recommendation **{title}**'], log_approved: ['Phê duyệt {text}', 'Approved {text}'], log_scheduled: ['Theo lịch: {text}', 'Scheduled: {text}'], log_auto: ['Tự động: {text}', 'Automatic: {text}'],
  log_result: ['{text}: {done}/{all} thành công', '{text}: {done} of {all} done'], log_result_bad: ['{text}: {done}/{all} thành công, **{bad} không đạt**', '{text}: {done} of {all} done, **{bad} failed**'],
  log_task: ['Giao việc: {text}', 'Task: {text}'], log_drill: ['diễn tập', 'drill'],
  health: ['{total} thiết bị: {online} trực tuyến, {offline} mất kết nối', '{total} devices: {online} online, {offline} offline'], rate: ['{n} bản tin/giây', '{n} messages/s'],
  // devices
  find: ['Tìm thiết bị', 'Find a device'], all: ['Tất cả', 'All'], unclaimed: ['chưa khai báo', 'unclaimed'], dev_count: ['{n} thiết bị', '{n} devices'], dev_of: ['{n}/{all} thiết bị', '{n} of {all} devices'],
  dev_wait: ['Đang nhận danh sách thiết bị', 'Receiving the device list'], dev_none: ['Chưa khai báo thiết bị nào', 'No device is registered'], dev_nomatch: ['Không có dòng nào khớp bộ lọc', 'No row matches the filter'], clear_filter: ['Bỏ lọc', 'Clear the filter'],
  c_device: ['Thiết bị', 'Device'], c_type: ['Loại', 'Type'], c_zone: ['Vùng', 'Zone'], c_state: ['Trạng thái', 'State'], c_value: ['Số liệu mới nhất', 'Latest reading'], c_age: ['Tuổi số liệu', 'Data age'], c_alerts: ['Cảnh báo', 'Alerts'],
  c_metric: ['Đại lượng', 'Quantity'], c_quality: ['Chất lượng', 'Quality'], c_time: ['Giờ đo', 'Measured at'], c_known: ['Giờ nhận', 'Received at'],
  stale: ['số liệu cũ {age}', 'data {age} old'], gone: ['mất dữ liệu từ {time}', 'no data since {time}'], never: ['chưa có số liệu', 'no data yet'], last_value: ['giá trị cuối {value}', 'last value {value}'], old_value: ['số liệu cũ', 'old data'],
  q_good: ['tốt', 'good'], q_suspect: ['nghi ngờ', 'suspect'], q_bad: ['hỏng', 'bad'], q_late: ['đến muộn', 'late'], q_stale: ['cũ: thiết bị đã mất kết nối', 'stale: the device is gone'], back_devices: ['Về danh sách thiết bị', 'Back to the devices'],
  dev_missing: ['Không có mục này trong địa bàn được giao', 'Not found in the assigned area'], seen: ['liên lạc {age} trước', 'seen {age} ago'], never_seen: ['chưa liên lạc lần nào', 'never seen'], model: ['Mẫu {model}', 'Model {model}'],
  r_1h: ['1 giờ', '1 hour'], r_24h: ['24 giờ', '24 hours'], r_7d: ['7 ngày', '7 days'], r_30d: ['30 ngày', '30 days'], rolled: ['gộp {window}: thấp nhất, trung bình, cao nhất', 'rolled up by {window}: lowest, mean, highest'], raw: ['từng số đo', 'single readings'], no_points: ['Không có số liệu trong khoảng này', 'No readings in this span'],
  state_is: ['trạng thái: {state}', 'state: {state}'], yes: ['có', 'yes'], no: ['không', 'no'],
  // log-in
  product: ['Trung tâm điều hành thông minh cấp xã', 'Commune operations centre'], user: ['Tên đăng nhập', 'User name'], pass: ['Mật khẩu', 'Password'], login: ['Đăng nhập', 'Log in'], login_wrong: ['Tên đăng nhập hoặc mật khẩu không đúng', 'Wrong user name or password'],
  login_locked: ['Tài khoản tạm khóa, thử lại sau {left}', 'Account locked, try again in {left}'], session_ended: ['Phiên làm việc đã kết thúc, đăng nhập để tiếp tục', 'The session has ended, log in to continue'], no_server: ['Không nối được máy chủ', 'The server cannot be reached'],
  pw_title: ['Đổi mật khẩu lần đầu', 'Change the first password'], pw_why: ['Mật khẩu đã cấp chỉ dùng một lần. Mật khẩu mới có ít nhất 12 ký tự.', 'The given password works once. The new one has at least 12 characters.'], pw_old: ['Mật khẩu đang dùng', 'Current password'], pw_new: ['Mật khẩu mới', 'New password'], pw_again: ['Nhập lại mật khẩu mới', 'New password again'],
  pw_save: ['Đổi mật khẩu', 'Change the password'], pw_short: ['Mật khẩu mới cần ít nhất 12 ký tự', 'The new password needs at least 12 characters'], pw_differ: ['Hai lần nhập không giống nhau', 'The two entries differ'], failed_id: ['{why} (mã {id})', '{why} (id {id})'], failed: ['Máy chủ báo lỗi {status}', 'The server answered {status}'],
  // help
  help: ['Phím tắt', 'Keyboard'], help_choose: ['chọn cảnh báo', 'choose an alert'], help_ack: ['tiếp nhận cảnh báo đang chọn', 'acknowledge the chosen alert'], help_open: ['mở trang thiết bị của cảnh báo', 'open the alert’s device'], help_back: ['quay lại danh sách', 'back to the list'],
  help_propose: ['gửi lãnh đạo phê duyệt', 'send to the leader'], help_approve: ['mở hộp phê duyệt', 'open the approval'], help_silence: ['tắt tiếng 2 phút', 'silence for 2 minutes'], help_theme: ['nền ngày hoặc đêm', 'day or night theme'], help_search: ['tìm thiết bị', 'find a device'], help_help: ['bảng này', 'this table'],
  help_enabled: ['Dùng phím tắt một chữ', 'Single-letter keys'], legend: ['Ký hiệu', 'Symbols'], legend_fill: ['đặc: chưa ai tiếp nhận; rỗng: đã có người tiếp nhận', 'filled: nobody has it; hollow: somebody has it'], dialog_close: ['Đóng', 'Close'],
  legend_map: ['vòng đứt: số liệu cũ; dấu hỏi: không rõ; dấu chéo: không phản hồi', 'dashed ring: old data; question mark: unknown; cross: no answer'],
  speak: ['{severity}: {title}, {where}', '{severity}: {title}, {where}'], tab_case: ['Xử lý', 'Handle'], tab_list: ['Cảnh báo {n}', 'Alerts {n}'], tab_map: ['Bản đồ', 'Map'],
} satisfies Record<string, [string, string]>

export type Key = keyof typeof TABLE
export const has = (key: string): key is Key => key in TABLE

export function t(lang: Lang, key: Key, values: Record<string, string | number> = {}): string {
  const sentence = TABLE[key][lang === 'vi' ? 0 : 1]
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
}
export const say = (lang: Lang, b: Both | null | undefined): string => b?.[lang] ?? ''
export const upper = (s: string): string => s.charAt(0).toLocaleUpperCase('vi') + s.slice(1)

const ROLES: Record<string, [string, string]> = {
  duty_officer: ['trực ban', 'duty officer'], officer: ['cán bộ phụ trách', 'officer in charge'], commune_leader: ['lãnh đạo xã', 'commune leader'], admin: ['quản trị hệ thống', 'system admin'], auditor: ['kiểm toán viên', 'auditor'],
  province_officer: ['trực ban IOC tỉnh', 'provincial duty officer'], kiosk: ['màn hình chỉ xem', 'read-only screen'], village_head: ['trưởng thôn/bản', 'hamlet head'], response_team: ['tổ xung kích', 'shock team'],
  commune_police: ['công an xã', 'commune police'], commune_military: ['ban chỉ huy quân sự xã', 'commune military command'], technician: ['kỹ thuật viên', 'technician'], civil_guard: ['dân phòng', 'civil guard'],
  community_digital_team: ['tổ công nghệ số cộng đồng', 'community digital team'], electrician: ['thợ điện', 'electrician'],
}
const TYPES: Record<string, [string, string]> = {
  rain_gauge: ['trạm đo mưa', 'rain gauge'], water_level_gauge: ['trạm đo mực nước', 'level gauge'], level_gauge: ['trạm đo mực nước', 'level gauge'], siren: ['còi hú', 'siren'], loudspeaker: ['cụm loa', 'speaker cluster'],
  power_meter: ['công tơ điện', 'power meter'], energy_meter: ['công tơ điện', 'power meter'], transformer: ['trạm biến áp', 'transformer station'], smoke_detector: ['báo khói', 'smoke detector'], smoke_sensor: ['báo khói', 'smoke detector'], camera: ['camera', 'camera'],
  door_sensor: ['cảm biến cửa', 'door sensor'], network_switch: ['thiết bị mạng', 'network device'], switch: ['thiết bị mạng', 'network device'], router: ['thiết bị mạng', 'network device'], salinity_meter: ['đo mặn', 'salinity meter'], air_station: ['quan trắc không khí', 'air station'],
  pump: ['trạm bơm', 'pumping station'], gate: ['cửa cống', 'gate leaf'], street_light: ['chiếu sáng công cộng', 'street lighting'], led_board: ['bảng tin điện tử', 'LED board'], reservoir: ['hồ chứa', 'reservoir'], temperature_sensor: ['cảm biến nhiệt độ', 'temperature sensor'],
  thermometer: ['đo nhiệt độ, độ ẩm', 'thermometer'], weather_station: ['trạm khí tượng', 'weather station'], soil_sensor: ['đo độ ẩm đất', 'soil sensor'], leak_sensor: ['báo rò nước', 'leak sensor'], gas_detector: ['báo rò khí', 'gas detector'],
  door: ['cửa', 'door'], cabinet: ['tủ thiết bị', 'cabinet'], electrical_panel: ['tủ điện', 'electrical panel'], power_feeder: ['lộ điện', 'power feeder'], solar_inverter: ['biến tần điện mặt trời', 'solar inverter'], water_meter: ['đồng hồ nước', 'water meter'],
  sound_level_meter: ['đo tiếng ồn', 'sound level meter'], network_device: ['thiết bị mạng', 'network device'], pumping_station: ['trạm bơm', 'pumping station'], warning_feed: ['nguồn tin cảnh báo', 'warning feed'],
  people_counter: ['đếm người', 'people counter'], gateway: ['cổng kết nối', 'gateway'], ups: ['nguồn dự phòng', 'backup power'],
}
const pick = (table: Record<string, [string, string]>, lang: Lang, key: string): string => table[key]?.[lang === 'vi' ? 0 : 1] ?? key.replaceAll('_', ' ')
export const role = (lang: Lang, name: string): string => pick(ROLES, lang, name)
export const typeName = (lang: Lang, name: string): string => pick(TYPES, lang, name)
export const typeIsNamed = (name: string): boolean => name in TYPES
/** Reason codes of the contract in words; a device's own reason stands as it came. */
export const reason = (lang: Lang, code: string): string => (has(`rs_${code}`) ? t(lang, `rs_${code}` as Key) : code.replaceAll('_', ' '))
