-- +goose Up
-- What a buyer chooses of a product, and the rules between the options (definition is their whole text), and what each option adds to the price in a version of a price list: price, or percent of the product's own where that is not 0.
CREATE TABLE product_option (
  org_id text NOT NULL REFERENCES org(id), product_id text NOT NULL, revision bigint NOT NULL, definition text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (org_id, product_id)
);
CREATE TABLE price_option (
  org_id text NOT NULL REFERENCES org(id), list_id text NOT NULL, version bigint NOT NULL, product_id text NOT NULL, option_code text NOT NULL, price bigint NOT NULL, percent bigint NOT NULL, PRIMARY KEY (org_id, list_id, version, product_id, option_code)
);
