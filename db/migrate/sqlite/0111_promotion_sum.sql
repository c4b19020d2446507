-- +goose Up
-- What promotions add up to, by company and by company and item: kept beside their lines, so that a page of figures reads no lines.
CREATE TABLE promotion_sum (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), grain TEXT NOT NULL, org_id TEXT NOT NULL, sku TEXT NOT NULL, method TEXT NOT NULL, currency TEXT NOT NULL,
  orders INTEGER NOT NULL, lines INTEGER NOT NULL, out_lines INTEGER NOT NULL, counted INTEGER NOT NULL, confirmed INTEGER NOT NULL, shipped INTEGER NOT NULL, invoiced INTEGER NOT NULL, sold INTEGER NOT NULL, value INTEGER NOT NULL, earned INTEGER NOT NULL,
  PRIMARY KEY (promotion_id, grain, org_id, sku, method, currency)
);
INSERT INTO promotion_sum SELECT promotion_id, 'org', org_id, '', method, currency, COUNT(DISTINCT CASE WHEN verdict <> 'out' THEN order_id END), COUNT(CASE WHEN verdict <> 'out' THEN 1 END), COUNT(CASE WHEN verdict = 'out' THEN 1 END),
  CAST(SUM(counted) AS BIGINT), CAST(SUM(confirmed) AS BIGINT), CAST(SUM(shipped) AS BIGINT), CAST(SUM(invoiced) AS BIGINT), 0, CAST(SUM(value) AS BIGINT), CAST(SUM(earned) AS BIGINT) FROM promotion_line GROUP BY promotion_id, org_id, method, currency;
INSERT INTO promotion_sum SELECT promotion_id, 'sku', org_id, sku, method, currency, COUNT(DISTINCT CASE WHEN verdict <> 'out' THEN order_id END), COUNT(CASE WHEN verdict <> 'out' THEN 1 END), COUNT(CASE WHEN verdict = 'out' THEN 1 END),
  CAST(SUM(counted) AS BIGINT), CAST(SUM(confirmed) AS BIGINT), CAST(SUM(shipped) AS BIGINT), CAST(SUM(invoiced) AS BIGINT), 0, CAST(SUM(value) AS BIGINT), CAST(SUM(earned) AS BIGINT) FROM promotion_line GROUP BY promotion_id, org_id, sku, method, currency;
INSERT INTO promotion_sum SELECT promotion_id, 'org', org_id, '', 'resale', currency, 0, COUNT(*), 0, 0, 0, 0, 0, CAST(SUM(counted) AS BIGINT), CAST(SUM(CASE WHEN allowance <> 0 THEN value ELSE 0 END) AS BIGINT), CAST(SUM(earned) AS BIGINT)
  FROM promotion_resale WHERE verdict <> 'out' GROUP BY promotion_id, org_id, currency;
INSERT INTO promotion_sum SELECT promotion_id, 'sku', org_id, sku, 'resale', currency, 0, COUNT(*), 0, 0, 0, 0, 0, CAST(SUM(counted) AS BIGINT), CAST(SUM(CASE WHEN allowance <> 0 THEN value ELSE 0 END) AS BIGINT), CAST(SUM(earned) AS BIGINT)
  FROM promotion_resale WHERE verdict <> 'out' GROUP BY promotion_id, org_id, sku, currency;
CREATE INDEX promotion_line_all ON promotion_line (promotion_id, arrived, order_id, line);
CREATE INDEX promotion_line_sku ON promotion_line (promotion_id, sku, arrived, order_id, line);
CREATE INDEX promotion_line_out ON promotion_line (promotion_id, arrived, order_id, line) WHERE verdict = 'out';
CREATE INDEX promotion_resale_all ON promotion_resale (promotion_id, arrived, report_id, line);
CREATE INDEX promotion_resale_sku ON promotion_resale (promotion_id, sku, arrived, report_id, line);
-- How far a promotion is being computed again from its documents. taken is what was granted so far of each promotion of the company whose orders are being read.
CREATE TABLE promotion_rebuild (
  promotion_id TEXT PRIMARY KEY REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), state TEXT NOT NULL, started INTEGER NOT NULL, started_by TEXT NOT NULL, changed INTEGER NOT NULL, lease INTEGER NOT NULL, step INTEGER NOT NULL,
  org_id TEXT NOT NULL, place TEXT NOT NULL, taken TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, found INTEGER NOT NULL, differing INTEGER NOT NULL
);
CREATE INDEX promotion_rebuild_due ON promotion_rebuild (lease, promotion_id) WHERE state = 'running';
