-- +goose Up
-- What was sold on under promotions: one row for a line of a sell-through report and a promotion.
CREATE TABLE promotion_resale (
  promotion_id text NOT NULL REFERENCES promotion(id), report_id text NOT NULL, line bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, version_no bigint NOT NULL, number text NOT NULL, sku text NOT NULL, sold_from text NOT NULL, sold_to text NOT NULL, arrived bigint NOT NULL,
  verdict text NOT NULL, reason text NOT NULL, basis text NOT NULL, currency text NOT NULL, price bigint NOT NULL, allowance bigint NOT NULL, sold bigint NOT NULL, counted bigint NOT NULL, value bigint NOT NULL, earned bigint NOT NULL, PRIMARY KEY (promotion_id, report_id, line)
);
CREATE INDEX promotion_resale_report ON promotion_resale (report_id);
CREATE INDEX promotion_resale_list ON promotion_resale (promotion_id, org_id, arrived, report_id, line);
