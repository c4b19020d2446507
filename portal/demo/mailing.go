package demo

import (
	"context"
	"time"

	"entente/prm/campaign"
	"entente/prm/customer"
	"entente/prm/landing"
	"entente/prm/promo"
	"entente/prm/trigger"
)

// mailing is mail of 华东五金 to its own contacts about the promotion that it agreed to: its
// landing page, one mail that stands in the outbox, with what came by it, and a draft. With a
// mail server set there is none, for nothing of the demo is mailed.
func (m *maker) mailing(ctx context.Context) error {
	if m.Campaigns == nil {
		return nil
	}
	chen := m.huadong.staff["chen"]
	at := func(days, hour int) context.Context {
		t := m.start.AddDate(0, 0, days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, time.UTC))
	}
	list, err := m.Promos.List(m.at(ctx, m.start.Add(-4*time.Hour)), chen, promo.Filter{States: []promo.State{promo.Agreed}})
	if err != nil || len(list.Items) == 0 {
		return err
	}
	id := list.Items[0].ID
	for _, x := range []struct{ company, city, name, mail, basis string }{
		{"苏州新桥五金店", "苏州", "周敏", "zhou.min@xinqiao.example", customer.BasisForm}, {"宁波海曙机电", "宁波", "陆涛", "lu.tao@haishu.example", customer.BasisSpoken},
		{"杭州拱墅安装队", "杭州", "何静", "he.jing@gongshu.example", customer.BasisMail}, {"无锡梁溪建材", "无锡", "沈强", "shen.qiang@liangxi.example", customer.BasisContract}, {"常州天宁工具", "常州", "顾磊", "gu.lei@tianning.example", ""},
	} {
		c, err := m.Customers.Create(at(-40, 2), chen, customer.Draft{Name: x.company, Country: "CN", City: x.city})
		if err != nil {
			return err
		}
		if _, err := m.Customers.SaveContact(at(-40, 3), chen, c.ID, "", 0, customer.ContactDraft{Name: x.name, Mail: x.mail}, customer.Consent{Contact: x.basis != "", Basis: x.basis}); err != nil {
			return err
		}
	}
	page, err := m.Landing.Save(landing.Quiet(at(-8, 2)), chen, id, landing.Page{Live: true, Imprint: "华东五金\n上海市青浦区华徐公路 999 号", Texts: []landing.Text{
		{Language: "en", Title: "Tools for the new year stock", Body: "Boxes and batteries, ready before the festival.", Consent: "We keep what you write to answer you about this offer, and nothing else."},
		{Language: "zh-CN", Title: "年货节工具专场", Body: "春节前备货：工具箱与电池现货供应。", Consent: "我们保存您填写的内容，仅用于就此优惠答复您。"},
	}}, false)
	if err != nil {
		return err
	}
	text := campaign.Content{Name: "老客户备货通知", Pause: 7, Segment: campaign.Segment{Countries: []string{"CN"}}, Texts: []campaign.Text{{Language: "zh-CN", Subject: "{name}，春节备货优惠", Body: "{name}，您好：\n\n{customer} 的春节备货可以开始了。年货节工具专场的工具箱与电池已备好现货：\n\n{link}\n\n{company}"}}}
	c, err := m.Campaigns.Create(m.at(ctx, m.start.Add(-4*time.Hour)), chen, id, text)
	if err != nil {
		return err
	}
	if c, err = m.Campaigns.Start(m.at(ctx, m.start.Add(-3*time.Hour)), chen, c.ID, c.Version, time.Time{}); err != nil {
		return err
	}
	for range 3 {
		if err := m.Campaigns.Tick(m.at(ctx, m.start.Add(-3*time.Hour))); err != nil {
			return err
		}
	}
	seen, err := m.Landing.Public(m.at(ctx, m.start.Add(-2*time.Hour)), "huadong", page.Token, c.Ref)
	if err != nil {
		return err
	}
	for range 2 {
		if err := m.Landing.Seen(m.at(ctx, m.start.Add(-2*time.Hour)), seen); err != nil {
			return err
		}
	}
	text.Name, text.Segment = "久未采购的客户", campaign.Segment{NotSince: 90}
	_, err = m.Campaigns.Create(m.at(ctx, m.start.Add(-time.Hour)), chen, id, text)
	return err
}

// rules are Aurelia's rules that propose offers, from their templates, with what they found.
func (m *maker) rules(ctx context.Context) error {
	names := map[string]string{"order_gap": "Orders later than usual", "quote_unread": "Offer not read", "stock_low": "Stock runs low", "lead_stale": "Nobody works on a lead"}
	for _, t := range trigger.Templates {
		if name := names[t.Key]; name != "" {
			if _, err := m.Triggers.SaveRule(m.at(ctx, m.start), m.aurelia.staff["ingrid"], trigger.Rule{Name: name, About: t.About, When: t.When, Action: t.Action, Quiet: 14, Active: true}); err != nil {
				return err
			}
		}
	}
	return m.Triggers.Tick(m.at(ctx, m.start))
}
