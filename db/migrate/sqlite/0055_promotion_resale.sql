-- +goose Up
-- What was sold on under promotions: one row for a line of a sell-through report and a promotion.
CREATE TABLE promotion_resale (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), report_id TEXT NOT NULL, line INTEGER NOT NULL, owner_id TEXT NOT NULL, org_id TEXT NOT NULL, version_no INTEGER NOT NULL, number TEXT NOT NULL, sku TEXT NOT NULL, sold_from TEXT NOT NULL, sold_to TEXT NOT NULL, arrived INTEGER NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, basis TEXT NOT NULL, currency TEXT NOT NULL, price INTEGER NOT NULL, allowance INTEGER NOT NULL, sold INTEGER NOT NULL, counted INTEGER NOT NULL, value INTEGER NOT NULL, earned INTEGER NOT NULL, PRIMARY KEY (promotion_id, report_id, line)
);
CREATE INDEX promotion_resale_report ON promotion_resale (report_id);
CREATE INDEX promotion_resale_list ON promotion_resale (promotion_id, org_id, arrived, report_id, line);
