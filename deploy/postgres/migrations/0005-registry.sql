-- Devices that people added, changed or withdrew, beside and over those of config/units. A row that says nothing more than the
-- configuration is deleted. Written by iocd with the journal position of the change; what iocd works with is its own state, so editing
-- this table by hand changes nothing before it is read by a new installation.
--
-- definition: the whole device (id, model, name, type, zone, native names, parent, tags, position, calibration, expected interval,
-- receipts); null = as config/units has it. withdrawn: hides a device of config/units. account: none, active, disabled.
create table registry_device (
  unit text not null,
  device text not null,
  definition jsonb,
  withdrawn boolean not null,
  account text not null,
  account_by text,
  account_at timestamptz,
  created_by text,
  created_at timestamptz,
  changed_by text,
  changed_at timestamptz,
  primary key (unit, device)
);
create index registry_device_model on registry_device ((definition ->> 'model')) where definition is not null;
