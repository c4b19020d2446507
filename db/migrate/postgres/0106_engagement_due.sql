-- +goose Up
-- Until when an invitation may be accepted (0: as long as it stands), and the teaser as the invited company read it.
ALTER TABLE engagement_seat ADD COLUMN due bigint NOT NULL DEFAULT 0;
ALTER TABLE engagement_seat ADD COLUMN teaser text NOT NULL DEFAULT '';
ALTER TABLE engagement_seat ADD COLUMN country text NOT NULL DEFAULT '';
ALTER TABLE engagement_seat ADD COLUMN band text NOT NULL DEFAULT '';
ALTER TABLE engagement_seat ADD COLUMN shown bigint NOT NULL DEFAULT 0;
UPDATE engagement_seat SET teaser = (SELECT e.teaser FROM engagement e WHERE e.id = engagement_seat.engagement_id), country = (SELECT e.country FROM engagement e WHERE e.id = engagement_seat.engagement_id),
  band = (SELECT e.band FROM engagement e WHERE e.id = engagement_seat.engagement_id), shown = (SELECT e.shown FROM engagement e WHERE e.id = engagement_seat.engagement_id);
CREATE INDEX engagement_seat_due ON engagement_seat (due, id) WHERE due > 0;
CREATE INDEX engagement_about ON engagement (owner_id, about_kind, about_id) WHERE about_id <> '';
