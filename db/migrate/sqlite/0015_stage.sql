-- +goose Up
-- The gate of a partnership that is connected by testing first, one row per direction, and the last try of each of its doors.
CREATE TABLE edi_stage (
  partnership_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, started INTEGER NOT NULL, started_by TEXT NOT NULL,
  supplier_yes INTEGER NOT NULL, supplier_by TEXT NOT NULL, reseller_yes INTEGER NOT NULL, reseller_by TEXT NOT NULL, live INTEGER NOT NULL, PRIMARY KEY (partnership_id, sender_id)
);
CREATE TABLE as2_echo (
  partnership_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, happened INTEGER NOT NULL, person_id TEXT NOT NULL, good INTEGER NOT NULL, advice TEXT NOT NULL, steps TEXT NOT NULL, PRIMARY KEY (partnership_id, org_id)
);
