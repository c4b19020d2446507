-- +goose Up
-- AS2: how companies are reached, their certificates, what was agreed, and every message.
CREATE TABLE as2_station (
  org_id text PRIMARY KEY REFERENCES org(id), url text NOT NULL, receipt_hosts text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL
);
CREATE TABLE as2_certificate (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, purpose text NOT NULL, der bytea NOT NULL, private bytea, fingerprint text NOT NULL, subject text NOT NULL, issuer text NOT NULL, serial text NOT NULL, algorithm text NOT NULL,
  not_before bigint NOT NULL, not_after bigint NOT NULL, use_from bigint NOT NULL, retired bigint NOT NULL, warned bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, PRIMARY KEY (org_id, id), UNIQUE (org_id, fingerprint)
);
CREATE TABLE as2_terms (
  partnership_id text NOT NULL, sender_id text NOT NULL REFERENCES org(id), supplier_id text NOT NULL, reseller_id text NOT NULL, terms text NOT NULL, version bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (partnership_id, sender_id)
);
CREATE TABLE as2_message (
  id text PRIMARY KEY, direction text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, sender_id text NOT NULL REFERENCES org(id), receiver_id text NOT NULL REFERENCES org(id),
  as2_from text NOT NULL, as2_to text NOT NULL, message_id text NOT NULL, proved boolean NOT NULL, interchanges text NOT NULL, submission_id text NOT NULL,
  headers text NOT NULL, sent text NOT NULL, blob text NOT NULL, size bigint NOT NULL, body_hash text NOT NULL, content_hash text NOT NULL, mic text NOT NULL, mic_algorithm text NOT NULL, security text NOT NULL, file_names text NOT NULL,
  state text NOT NULL, disposition text NOT NULL, reason text NOT NULL, receipt_headers text NOT NULL, receipt bytea, receipt_url text NOT NULL, receipt_mic text NOT NULL, receipt_proved boolean NOT NULL,
  lane text NOT NULL, next_at bigint NOT NULL, attempts bigint NOT NULL, fence bigint NOT NULL, last_error text NOT NULL, happened bigint NOT NULL, settled bigint NOT NULL
);
CREATE UNIQUE INDEX as2_message_once ON as2_message (as2_from, as2_to, message_id, direction) WHERE proved;
CREATE INDEX as2_message_due ON as2_message (next_at, state, lane) WHERE next_at > 0;
CREATE INDEX as2_message_supplier ON as2_message (supplier_id, happened, id);
CREATE INDEX as2_message_reseller ON as2_message (reseller_id, happened, id);
CREATE INDEX as2_message_submission ON as2_message (submission_id);
CREATE TABLE as2_attempt (
  message_id text NOT NULL REFERENCES as2_message(id), number bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, happened bigint NOT NULL, took bigint NOT NULL, outcome text NOT NULL, detail text NOT NULL, PRIMARY KEY (message_id, number)
);
