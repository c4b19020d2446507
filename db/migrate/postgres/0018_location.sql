-- +goose Up
-- The places to which a reseller has goods sent, as its supplier knows them, and the codes that stand for them in the reseller's documents.
CREATE TABLE location (
  id text PRIMARY KEY, partnership_id text NOT NULL REFERENCES partnership(id), supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, gln text NOT NULL, name text NOT NULL,
  street text NOT NULL, city text NOT NULL, postcode text NOT NULL, country text NOT NULL, made bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL
);
CREATE INDEX location_pair ON location (partnership_id, made, id);
CREATE TABLE location_code (
  partnership_id text NOT NULL REFERENCES partnership(id), qualifier text NOT NULL, code text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, location_id text NOT NULL REFERENCES location(id),
  changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (partnership_id, qualifier, code)
);
CREATE INDEX location_code_location ON location_code (location_id);
-- The ship-to of an order that is held because nobody knows it: qualifier, colon, code.
ALTER TABLE purchase_order ADD COLUMN ship_to_unknown text NOT NULL DEFAULT '';
CREATE INDEX purchase_order_unplaced ON purchase_order (partnership_id, ship_to_unknown, id) WHERE ship_to_unknown <> '';
