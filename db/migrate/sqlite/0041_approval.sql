-- +goose Up
-- Rules of a company for what one of its people is to approve first, and what waits for that.
CREATE TABLE approval_rule (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), about TEXT NOT NULL, test TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, percent INTEGER NOT NULL,
  role TEXT NOT NULL, person_id TEXT NOT NULL, four_eyes INTEGER NOT NULL, active INTEGER NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX approval_rule_org ON approval_rule (org_id, made, id);
CREATE TABLE approval (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), partner_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), about TEXT NOT NULL, kind TEXT NOT NULL, subject_id TEXT NOT NULL,
  number TEXT NOT NULL, state TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, content TEXT NOT NULL, source_key TEXT NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL,
  decided INTEGER NOT NULL, decided_by TEXT NOT NULL, reason TEXT NOT NULL, made_id TEXT NOT NULL
);
CREATE UNIQUE INDEX approval_source ON approval (org_id, source_key) WHERE source_key <> '';
CREATE INDEX approval_list ON approval (org_id, state, asked, id);
CREATE INDEX approval_subject ON approval (subject_id, state);
CREATE INDEX approval_due ON approval (due, id) WHERE state = 'waiting' AND overdue = 0;
CREATE TABLE approval_step (
  approval_id TEXT NOT NULL REFERENCES approval(id), position INTEGER NOT NULL, rule_id TEXT NOT NULL, test TEXT NOT NULL, facts TEXT NOT NULL, role TEXT NOT NULL, person_id TEXT NOT NULL, four_eyes INTEGER NOT NULL,
  decided INTEGER NOT NULL, decided_by TEXT NOT NULL, PRIMARY KEY (approval_id, position)
);
-- A hold that a supplier puts on an order or on lines of it, or that its rules put on one.
CREATE TABLE order_hold (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  reason TEXT NOT NULL, note TEXT NOT NULL, owner_role TEXT NOT NULL, owner_person TEXT NOT NULL, lines TEXT NOT NULL, by_day TEXT NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL, placed INTEGER NOT NULL, placed_by TEXT NOT NULL,
  released INTEGER NOT NULL, released_by TEXT NOT NULL
);
CREATE INDEX order_hold_order ON order_hold (order_id, released);
CREATE INDEX order_hold_supplier ON order_hold (supplier_id, due, id) WHERE released = 0;
CREATE INDEX order_hold_due ON order_hold (due, id) WHERE released = 0 AND overdue = 0 AND due > 0;
ALTER TABLE purchase_order ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX purchase_order_ship_to ON purchase_order (partnership_id, ship_to);
