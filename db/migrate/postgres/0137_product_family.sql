-- +goose Up
-- Which family a product belonged to until an instant, before the one it belongs to after it: what was bought then is judged by that.
CREATE TABLE product_family (
  org_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, until_at BIGINT NOT NULL, family TEXT NOT NULL, PRIMARY KEY (org_id, product_id, until_at)
);
