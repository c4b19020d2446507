-- +goose Up
-- Acknowledgements awaited: how long each company waits, and every wait. Indexes of the EDI monitor and of the search.
CREATE TABLE edi_patience (
  partnership_id text NOT NULL, org_id text NOT NULL REFERENCES org(id), supplier_id text NOT NULL, reseller_id text NOT NULL, hours bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (partnership_id, org_id)
);
CREATE TABLE edi_wait (
  interchange_id text PRIMARY KEY REFERENCES interchange(id), partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, sender_id text NOT NULL REFERENCES org(id),
  started bigint NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, settled bigint NOT NULL, outcome text NOT NULL, settled_by text NOT NULL, reason text NOT NULL
);
CREATE TABLE edi_number (
  interchange_id text NOT NULL REFERENCES interchange(id), position bigint NOT NULL, value text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, PRIMARY KEY (interchange_id, position, value)
);
CREATE INDEX edi_number_value ON edi_number (value, interchange_id);
CREATE INDEX edi_wait_due ON edi_wait (due, interchange_id) WHERE settled = 0 AND overdue = 0;
CREATE INDEX edi_wait_overdue ON edi_wait (sender_id, due, interchange_id) WHERE settled = 0 AND overdue > 0;
CREATE INDEX interchange_supplier_stuck ON interchange (supplier_id, received, id) WHERE state IN ('held', 'failed');
CREATE INDEX interchange_reseller_stuck ON interchange (reseller_id, received, id) WHERE state IN ('held', 'failed');
CREATE INDEX interchange_supplier_refused ON interchange (supplier_id, received, id) WHERE result IN ('rejected', 'partly');
CREATE INDEX interchange_reseller_refused ON interchange (reseller_id, received, id) WHERE result IN ('rejected', 'partly');
CREATE INDEX interchange_undelivered ON interchange (sender_id, received, id) WHERE delivery IN ('failed', 'held', 'unproved');
CREATE INDEX edi_set_key ON edi_set (business_key, interchange_id);
CREATE INDEX as2_message_name ON as2_message (message_id);
CREATE INDEX as2_message_file ON as2_message (file_names);
CREATE INDEX audit_subject ON audit (subject_id, org_id, happened, id);
