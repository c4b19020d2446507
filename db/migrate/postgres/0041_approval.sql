-- +goose Up
-- Rules of a company for what one of its people is to approve first, and what waits for that.
CREATE TABLE approval_rule (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), about text NOT NULL, test text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, percent bigint NOT NULL,
  role text NOT NULL, person_id text NOT NULL, four_eyes bigint NOT NULL, active bigint NOT NULL, made bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE INDEX approval_rule_org ON approval_rule (org_id, made, id);
CREATE TABLE approval (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), partner_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), about text NOT NULL, kind text NOT NULL, subject_id text NOT NULL,
  number text NOT NULL, state text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, content text NOT NULL, source_key text NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL,
  decided bigint NOT NULL, decided_by text NOT NULL, reason text NOT NULL, made_id text NOT NULL
);
CREATE UNIQUE INDEX approval_source ON approval (org_id, source_key) WHERE source_key <> '';
CREATE INDEX approval_list ON approval (org_id, state, asked, id);
CREATE INDEX approval_subject ON approval (subject_id, state);
CREATE INDEX approval_due ON approval (due, id) WHERE state = 'waiting' AND overdue = 0;
CREATE TABLE approval_step (
  approval_id text NOT NULL REFERENCES approval(id), position bigint NOT NULL, rule_id text NOT NULL, test text NOT NULL, facts text NOT NULL, role text NOT NULL, person_id text NOT NULL, four_eyes bigint NOT NULL,
  decided bigint NOT NULL, decided_by text NOT NULL, PRIMARY KEY (approval_id, position)
);
-- A hold that a supplier puts on an order or on lines of it, or that its rules put on one.
CREATE TABLE order_hold (
  id text PRIMARY KEY, order_id text NOT NULL REFERENCES purchase_order(id), supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id),
  reason text NOT NULL, note text NOT NULL, owner_role text NOT NULL, owner_person text NOT NULL, lines text NOT NULL, by_day text NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, placed bigint NOT NULL, placed_by text NOT NULL,
  released bigint NOT NULL, released_by text NOT NULL
);
CREATE INDEX order_hold_order ON order_hold (order_id, released);
CREATE INDEX order_hold_supplier ON order_hold (supplier_id, due, id) WHERE released = 0;
CREATE INDEX order_hold_due ON order_hold (due, id) WHERE released = 0 AND overdue = 0 AND due > 0;
ALTER TABLE purchase_order ADD COLUMN hold_reason text NOT NULL DEFAULT '';
CREATE INDEX purchase_order_ship_to ON purchase_order (partnership_id, ship_to);
