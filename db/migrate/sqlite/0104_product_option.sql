-- +goose Up
-- What a buyer chooses of a product, and the rules between the options (definition is their whole text), and what each option adds to the price in a version of a price list: price, or percent of the product's own where that is not 0.
CREATE TABLE product_option (
  org_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, revision INTEGER NOT NULL, definition TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, product_id)
);
CREATE TABLE price_option (
  org_id TEXT NOT NULL REFERENCES org(id), list_id TEXT NOT NULL, version INTEGER NOT NULL, product_id TEXT NOT NULL, option_code TEXT NOT NULL, price INTEGER NOT NULL, percent INTEGER NOT NULL, PRIMARY KEY (org_id, list_id, version, product_id, option_code)
);
