package forum

import (
	"context"
	"slices"

	"entente/db"
)

// categoriesBy are the categories of an owner, by name.
func categoriesBy(ctx context.Context, owner string) ([]categoryRow, error) {
	var rows []categoryRow
	err := db.Tx(ctx).Where("owner_id = ?", owner).Order("name, id").Find(&rows).Error
	return rows, err
}

// sharedIn says whether others than a company's people wrote in a topic, voted there or
// answered it, also where it was removed.
func sharedIn(ctx context.Context, topic, org string) (bool, error) {
	n := int64(0)
	_, err := db.Row(ctx, `SELECT (SELECT COUNT(*) FROM forum_topic WHERE id = ? AND org_id <> ?) + (SELECT COUNT(*) FROM forum_post WHERE topic_id = ? AND org_id <> ?)
		+ (SELECT COUNT(*) FROM forum_vote WHERE topic_id = ? AND org_id <> ?) + (SELECT COUNT(*) FROM forum_ballot WHERE topic_id = ? AND org_id <> ?)`,
		[]any{topic, org, topic, org, topic, org, topic, org}, &n)
	return n > 0, err
}

// lockCategories keeps who reads some categories as it is until the commit: whoever changes
// one writes its row first.
func lockCategories(ctx context.Context, ids ...string) error {
	_, err := db.Exec(ctx, "UPDATE forum_category SET closed = closed WHERE id IN (?, ?)", ids[0], ids[1])
	return err
}

// partTakers are the people of some companies who wrote in a topic or watch it, by company.
func partTakers(ctx context.Context, id TopicID, orgs []string) (map[string][]string, error) {
	if len(orgs) == 0 {
		return nil, nil
	}
	var rows []struct{ OrgID, PersonID string }
	err := db.Tx(ctx).Raw(`SELECT org_id, person_id FROM (SELECT org_id, person_id FROM forum_watch WHERE topic_id = ? AND level = 'watching'
		UNION SELECT org_id, person_id FROM forum_topic WHERE id = ? UNION SELECT org_id, person_id FROM forum_post WHERE topic_id = ?) t
		WHERE org_id IN ? ORDER BY org_id, person_id LIMIT 2000`, string(id), string(id), string(id), orgs).Scan(&rows).Error
	out := map[string][]string{}
	for _, r := range rows {
		out[r.OrgID] = append(out[r.OrgID], r.PersonID)
	}
	return out, err
}

// moveTopic puts a topic, its files and its reports into another category.
func moveTopic(ctx context.Context, id, to string, at int64) error {
	if err := setTopic(ctx, id, map[string]any{"category_id": to, "moved": at}); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, "UPDATE forum_file SET category_id = ? WHERE topic_id = ?", to, id); err != nil {
		return err
	}
	_, err := db.Exec(ctx, "UPDATE forum_flag SET category_id = ? WHERE topic_id = ?", to, id)
	return err
}

// readable are those of some topics that somebody may read, as in listTopics.
func readable(ctx context.Context, org, person string, ids []TopicID) ([]TopicID, error) {
	var out []TopicID
	for part := range slices.Chunk(ids, 500) {
		var got []TopicID
		err := open(ctx, db.Tx(ctx).Table("forum_topic"), org, person).Where("forum_topic.id IN ?", part).Pluck("forum_topic.id", &got).Error
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}
