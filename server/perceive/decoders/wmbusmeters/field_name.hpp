#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// What a field's name says: "total_energy_consumption_tariff_1_kwh" → energy_import / tariff1 in kW.h. `unit` is UCUM, `times` turns the
// field's number into it. Words that only repeat the quantity (total, energy, current …) go; what is left is the channel.
struct wmbus_field {
  std::string metric;
  std::string channel;
  std::string_view unit;
  double times = 1;
};

// Nothing for a field whose unit or quantity is not kept. `media`: "water", "heat", "gas", "electricity" … as the telegram says.
std::optional<wmbus_field> wmbus_field_of(std::string_view name, std::string_view media);

}  // namespace ioc::perceive
