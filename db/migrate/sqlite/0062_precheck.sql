-- +goose Up
-- How what a supplier sends to a partner is checked before it leaves, and what was found. send_check: what the supplier chose.
CREATE TABLE send_check (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), rule TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), severity TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, rule)
);
-- What left although something in it differs, with why; the supplier's own.
CREATE TABLE sent_warning (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, document_id TEXT NOT NULL, number TEXT NOT NULL, findings TEXT NOT NULL, reason TEXT NOT NULL, person_id TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX sent_warning_order ON sent_warning (order_id, made);
-- Packs of ship notices that were booked: an SSCC is used once a year.
CREATE TABLE shipped_pack (
  supplier_id TEXT NOT NULL REFERENCES org(id), sscc TEXT NOT NULL, number TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (supplier_id, sscc)
);
ALTER TABLE trade_reply ADD COLUMN findings TEXT NOT NULL DEFAULT '';
ALTER TABLE trade_reply ADD COLUMN released TEXT NOT NULL DEFAULT '';
