-- +goose Up
-- The gate of a partnership that is connected by testing first, one row per direction, and the last try of each of its doors.
CREATE TABLE edi_stage (
  partnership_id text NOT NULL, sender_id text NOT NULL REFERENCES org(id), supplier_id text NOT NULL, reseller_id text NOT NULL, started bigint NOT NULL, started_by text NOT NULL,
  supplier_yes bigint NOT NULL, supplier_by text NOT NULL, reseller_yes bigint NOT NULL, reseller_by text NOT NULL, live bigint NOT NULL, PRIMARY KEY (partnership_id, sender_id)
);
CREATE TABLE as2_echo (
  partnership_id text NOT NULL, org_id text NOT NULL REFERENCES org(id), supplier_id text NOT NULL, reseller_id text NOT NULL, happened bigint NOT NULL, person_id text NOT NULL, good bigint NOT NULL, advice text NOT NULL, steps text NOT NULL, PRIMARY KEY (partnership_id, org_id)
);
