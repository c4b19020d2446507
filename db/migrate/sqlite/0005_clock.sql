-- +goose Up
-- Acknowledgements awaited: how long each company waits, and every wait. Indexes of the EDI monitor and of the search.
CREATE TABLE edi_patience (
  partnership_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, hours INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, org_id)
);
CREATE TABLE edi_wait (
  interchange_id TEXT PRIMARY KEY REFERENCES interchange(id), partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id),
  started INTEGER NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, settled INTEGER NOT NULL, outcome TEXT NOT NULL, settled_by TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE edi_number (
  interchange_id TEXT NOT NULL REFERENCES interchange(id), position INTEGER NOT NULL, value TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, PRIMARY KEY (interchange_id, position, value)
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
