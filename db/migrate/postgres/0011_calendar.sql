-- +goose Up
-- Business calendars of companies by version, absences with who covers, and the clocks on the answers to orders.
CREATE TABLE calendar (
  org_id text NOT NULL REFERENCES org(id), version bigint NOT NULL, zone text NOT NULL, country text NOT NULL, body text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (org_id, version)
);
CREATE TABLE absence (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, person_id text NOT NULL REFERENCES person(id), from_on text NOT NULL, to_on text NOT NULL, starts bigint NOT NULL, ends bigint NOT NULL, cover_id text NOT NULL, created bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX absence_person ON absence (org_id, person_id, ends);
CREATE INDEX absence_ends ON absence (org_id, ends);
CREATE TABLE answer_time (
  partnership_id text PRIMARY KEY REFERENCES partnership(id), supplier_id text NOT NULL, reseller_id text NOT NULL, hours bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL
);
CREATE TABLE order_clock (
  order_id text PRIMARY KEY REFERENCES purchase_order(id), partnership_id text NOT NULL, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), calendar_version bigint NOT NULL,
  work bigint NOT NULL, started bigint NOT NULL, warn bigint NOT NULL, due bigint NOT NULL, warned bigint NOT NULL, overdue bigint NOT NULL, paused bigint NOT NULL, warn_left bigint NOT NULL, due_left bigint NOT NULL, settled bigint NOT NULL, outcome text NOT NULL
);
CREATE INDEX order_clock_warn ON order_clock (warn, order_id) WHERE settled = 0 AND paused = 0 AND warned = 0;
CREATE INDEX order_clock_due ON order_clock (due, order_id) WHERE settled = 0 AND paused = 0 AND overdue = 0;
CREATE INDEX order_clock_supplier ON order_clock (supplier_id, due, order_id) WHERE settled = 0;
CREATE INDEX order_clock_reseller ON order_clock (reseller_id, due, order_id) WHERE settled = 0;
