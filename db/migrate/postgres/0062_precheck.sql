-- +goose Up
-- How what a supplier sends to a partner is checked before it leaves, and what was found. send_check: what the supplier chose.
CREATE TABLE send_check (
  partnership_id text NOT NULL REFERENCES partnership(id), rule text NOT NULL, supplier_id text NOT NULL REFERENCES org(id), severity text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (partnership_id, rule)
);
-- What left although something in it differs, with why; the supplier's own.
CREATE TABLE sent_warning (
  id text PRIMARY KEY, order_id text NOT NULL REFERENCES purchase_order(id), supplier_id text NOT NULL REFERENCES org(id), kind text NOT NULL, document_id text NOT NULL, number text NOT NULL, findings text NOT NULL, reason text NOT NULL, person_id text NOT NULL, made bigint NOT NULL
);
CREATE INDEX sent_warning_order ON sent_warning (order_id, made);
-- Packs of ship notices that were booked: an SSCC is used once a year.
CREATE TABLE shipped_pack (
  supplier_id text NOT NULL REFERENCES org(id), sscc text NOT NULL, number text NOT NULL, made bigint NOT NULL, PRIMARY KEY (supplier_id, sscc)
);
ALTER TABLE trade_reply ADD COLUMN findings text NOT NULL DEFAULT '';
ALTER TABLE trade_reply ADD COLUMN released text NOT NULL DEFAULT '';
