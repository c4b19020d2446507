-- +goose Up
-- AS2: how companies are reached, their certificates, what was agreed, and every message.
CREATE TABLE as2_station (
  org_id TEXT PRIMARY KEY REFERENCES org(id), url TEXT NOT NULL, receipt_hosts TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
CREATE TABLE as2_certificate (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, purpose TEXT NOT NULL, der BLOB NOT NULL, private BLOB, fingerprint TEXT NOT NULL, subject TEXT NOT NULL, issuer TEXT NOT NULL, serial TEXT NOT NULL, algorithm TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, use_from INTEGER NOT NULL, retired INTEGER NOT NULL, warned INTEGER NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (org_id, id), UNIQUE (org_id, fingerprint)
);
CREATE TABLE as2_terms (
  partnership_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, terms TEXT NOT NULL, version INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, sender_id)
);
CREATE TABLE as2_message (
  id TEXT PRIMARY KEY, direction TEXT NOT NULL, partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), receiver_id TEXT NOT NULL REFERENCES org(id),
  as2_from TEXT NOT NULL, as2_to TEXT NOT NULL, message_id TEXT NOT NULL, proved BOOLEAN NOT NULL, interchanges TEXT NOT NULL, submission_id TEXT NOT NULL,
  headers TEXT NOT NULL, sent TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, body_hash TEXT NOT NULL, content_hash TEXT NOT NULL, mic TEXT NOT NULL, mic_algorithm TEXT NOT NULL, security TEXT NOT NULL, file_names TEXT NOT NULL,
  state TEXT NOT NULL, disposition TEXT NOT NULL, reason TEXT NOT NULL, receipt_headers TEXT NOT NULL, receipt BLOB, receipt_url TEXT NOT NULL, receipt_mic TEXT NOT NULL, receipt_proved BOOLEAN NOT NULL,
  lane TEXT NOT NULL, next_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL, last_error TEXT NOT NULL, happened INTEGER NOT NULL, settled INTEGER NOT NULL
);
CREATE UNIQUE INDEX as2_message_once ON as2_message (as2_from, as2_to, message_id, direction) WHERE proved;
CREATE INDEX as2_message_due ON as2_message (next_at, state, lane) WHERE next_at > 0;
CREATE INDEX as2_message_supplier ON as2_message (supplier_id, happened, id);
CREATE INDEX as2_message_reseller ON as2_message (reseller_id, happened, id);
CREATE INDEX as2_message_submission ON as2_message (submission_id);
CREATE TABLE as2_attempt (
  message_id TEXT NOT NULL REFERENCES as2_message(id), number INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, happened INTEGER NOT NULL, took INTEGER NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (message_id, number)
);
