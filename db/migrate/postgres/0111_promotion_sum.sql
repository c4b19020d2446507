-- +goose Up
-- What promotions add up to, by company and by company and item: kept beside their lines, so that a page of figures reads no lines.
CREATE TABLE promotion_sum (
  promotion_id text NOT NULL REFERENCES promotion(id), grain text NOT NULL, org_id text NOT NULL, sku text NOT NULL, method text NOT NULL, currency text NOT NULL,
  orders bigint NOT NULL, lines bigint NOT NULL, out_lines bigint NOT NULL, counted bigint NOT NULL, confirmed bigint NOT NULL, shipped bigint NOT NULL, invoiced bigint NOT NULL, sold bigint NOT NULL, value bigint NOT NULL, earned bigint NOT NULL,
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
  promotion_id text PRIMARY KEY REFERENCES promotion(id), owner_id text NOT NULL REFERENCES org(id), state text NOT NULL, started bigint NOT NULL, started_by text NOT NULL, changed bigint NOT NULL, lease bigint NOT NULL, step bigint NOT NULL,
  org_id text NOT NULL, place text NOT NULL, taken text NOT NULL, done bigint NOT NULL, total bigint NOT NULL, found bigint NOT NULL, differing bigint NOT NULL
);
CREATE INDEX promotion_rebuild_due ON promotion_rebuild (lease, promotion_id) WHERE state = 'running';
