-- +goose Up
-- The places to which a reseller has goods sent, as its supplier knows them, and the codes that stand for them in the reseller's documents.
CREATE TABLE location (
  id TEXT PRIMARY KEY, partnership_id TEXT NOT NULL REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, number TEXT NOT NULL, gln TEXT NOT NULL, name TEXT NOT NULL,
  street TEXT NOT NULL, city TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
CREATE INDEX location_pair ON location (partnership_id, made, id);
CREATE TABLE location_code (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), qualifier TEXT NOT NULL, code TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, location_id TEXT NOT NULL REFERENCES location(id),
  changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, qualifier, code)
);
CREATE INDEX location_code_location ON location_code (location_id);
-- The ship-to of an order that is held because nobody knows it: qualifier, colon, code.
ALTER TABLE purchase_order ADD COLUMN ship_to_unknown TEXT NOT NULL DEFAULT '';
CREATE INDEX purchase_order_unplaced ON purchase_order (partnership_id, ship_to_unknown, id) WHERE ship_to_unknown <> '';
