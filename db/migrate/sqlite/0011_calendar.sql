-- +goose Up
-- Business calendars of companies by version, absences with who covers, and the clocks on the answers to orders.
CREATE TABLE calendar (
  org_id TEXT NOT NULL REFERENCES org(id), version INTEGER NOT NULL, zone TEXT NOT NULL, country TEXT NOT NULL, body TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, version)
);
CREATE TABLE absence (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), from_on TEXT NOT NULL, to_on TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, cover_id TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX absence_person ON absence (org_id, person_id, ends);
CREATE INDEX absence_ends ON absence (org_id, ends);
CREATE TABLE answer_time (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, hours INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
CREATE TABLE order_clock (
  order_id TEXT PRIMARY KEY REFERENCES purchase_order(id), partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), calendar_version INTEGER NOT NULL,
  work INTEGER NOT NULL, started INTEGER NOT NULL, warn INTEGER NOT NULL, due INTEGER NOT NULL, warned INTEGER NOT NULL, overdue INTEGER NOT NULL, paused INTEGER NOT NULL, warn_left INTEGER NOT NULL, due_left INTEGER NOT NULL, settled INTEGER NOT NULL, outcome TEXT NOT NULL
);
CREATE INDEX order_clock_warn ON order_clock (warn, order_id) WHERE settled = 0 AND paused = 0 AND warned = 0;
CREATE INDEX order_clock_due ON order_clock (due, order_id) WHERE settled = 0 AND paused = 0 AND overdue = 0;
CREATE INDEX order_clock_supplier ON order_clock (supplier_id, due, order_id) WHERE settled = 0;
CREATE INDEX order_clock_reseller ON order_clock (reseller_id, due, order_id) WHERE settled = 0;
