package demo

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/money"
)

// engagements makes one engagement of three companies that are shown to each other, and one
// in which Aurelia works with two distributors that are not.
func (m *maker) engagements(ctx context.Context) error {
	ingrid, maya, chen, kaarel := m.aurelia.staff["ingrid"], m.kestrel.staff["maya"], m.huadong.staff["chen"], m.baltic.staff["kaarel"]
	on := func(days, hour, minute int) context.Context {
		t := m.start.AddDate(0, 0, -days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC))
	}
	date := func(days int) string { return day(m.start.AddDate(0, 0, days)) }
	begin := func(days int, key string, t engage.Terms, amount string, invite ...access.Actor) (engage.ID, error) {
		value, err := money.ParseAmount(amount, m.aurelia.org.Currency)
		if err != nil {
			return "", err
		}
		d, err := m.Engagements.Begin(on(days, 9, 0), ingrid, engage.BeginCmd{Terms: t, Key: key, Role: "manufacturer", Stage: "qualified", Value: value})
		if err != nil {
			return "", err
		}
		for i, who := range invite {
			if _, err := m.Engagements.Invite(on(days, 9, 20+i), ingrid, d.ID, engage.InviteCmd{Org: who.Org, Role: "distributor", Message: "Would you take your region?", Days: engage.MostDays}); err != nil {
				return "", err
			}
		}
		return d.ID, nil
	}
	join := func(days, hour int, who access.Actor, id engage.ID) error {
		seen, err := m.Engagements.Get(on(days, hour, 0), who, id)
		if err == nil && seen.Invitation != nil {
			_, err = m.Engagements.Accept(on(days, hour, 5), who, id, seen.Invitation.Hash)
		}
		return err
	}
	id, err := begin(24, "demo-thornhill", engage.Terms{Title: "Thornhill Castings, two plants on one platform", Customer: "Thornhill Castings Group", Purpose: "One cordless platform for the foundries in Rotherham and Suzhou, bought in each country.", Teaser: "A foundry group with plants in the north of England and in Jiangsu wants one tool platform for both.", Country: "GB", Band: "large", Shown: true}, "184000", maya, chen)
	if err != nil {
		return err
	}
	if err := join(23, 10, maya, id); err != nil {
		return err
	}
	if err := join(22, 3, chen, id); err != nil {
		return err
	}
	show := func(days, hour int, who access.Actor, template string, change func(x *engage.Section), to ...access.Actor) error {
		x, err := m.Engagements.Section(on(days, hour, 0), who, id)
		if err != nil {
			return err
		}
		change(&x)
		if _, err = m.Engagements.SaveSection(on(days, hour, 5), who, id, x); err != nil {
			return err
		}
		cmd := engage.PublishCmd{Template: template}
		for _, a := range to {
			cmd.To = append(cmd.To, a.Org)
		}
		out, err := m.Engagements.Preview(on(days, hour, 8), who, id, cmd)
		if err != nil {
			return err
		}
		cmd.Hash = out.Hash
		_, err = m.Engagements.Publish(on(days, hour, 10), who, id, cmd)
		return err
	}
	pounds := func(n int64) money.Amount { return money.Amount{Minor: n * 100, Currency: "GBP"} }
	var trial engage.Task
	for _, step := range []func() error{ // in the order of their days, as the room tells them
		func() error {
			return show(18, 11, maya, "working", func(x *engage.Section) {
				x.Stage, x.Close, x.NextStep, x.Contact = "qualified", date(70), "Trial week in the fettling shop", "Maya Osei"
				x.Products, x.Notes = "AUR-D18B, AUR-G125", "Their buyer wants 14 %; our floor is 11 %."
			}, ingrid, chen)
		},
		func() (err error) {
			trial, err = m.Engagements.AddTask(on(17, 9, 0), ingrid, id, engage.TaskCmd{Org: m.kestrel.id, Person: maya.Person, Title: "Arrange the trial week", Due: date(-7)})
			return err
		},
		func() error {
			h, err := m.Engagements.HandOver(on(16, 9, 0), ingrid, id, engage.HandCmd{To: m.kestrel.id, What: "Contact with the Rotherham plant", Note: "From now on the plant calls Kestrel."})
			if err == nil {
				err = m.Engagements.AnswerHand(on(15, 10, 0), maya, id, h.ID, engage.HandTaken, "")
			}
			return err
		},
		func() error {
			return m.Engagements.Propose(on(12, 9, 0), ingrid, id, engage.ProposeCmd{Shares: []engage.Share{{Org: m.aurelia.id, Part: 4000}, {Org: m.kestrel.id, Part: 3500}, {Org: m.huadong.id, Part: 2500}}, Note: "Of what is invoiced to Thornhill in the first year."})
		},
		func() error { return m.agree(on(12, 14, 0), maya, id) },
		func() error { return m.agree(on(11, 3, 0), chen, id) },
		func() error { return m.Engagements.SetTask(on(8, 10, 0), maya, id, trial.ID, true) },
		func() error {
			return show(6, 15, maya, "all", func(x *engage.Section) {
				x.Stage, x.Amount, x.Close, x.Probability, x.NextStep = "technical", pounds(96400), date(56), 60, "Price for 240 drills by Friday"
			}, ingrid, chen)
		},
		func() error {
			return show(5, 2, chen, "forecast", func(x *engage.Section) {
				x.Stage, x.OwnStage, x.Amount, x.Close, x.Probability = "qualified", "需求确认", money.Amount{Minor: 62_000_000, Currency: "CNY"}, date(84), 40
				x.Notes = "设备科长王伟负责试用。"
			}, ingrid, maya)
		},
		func() error {
			_, err := m.Engagements.AddTask(on(4, 9, 0), ingrid, id, engage.TaskCmd{Org: m.huadong.id, Person: chen.Person, Title: "List the stations in Suzhou", Due: date(9)})
			return err
		},
		func() error {
			_, err := m.Engagements.AddTask(on(3, 15, 0), maya, id, engage.TaskCmd{Org: m.aurelia.id, Title: "Confirm stock of AUR-B50 for January", Due: date(4)})
			return err
		},
		func() error {
			_, err := m.Engagements.HandOver(on(2, 11, 0), maya, id, engage.HandCmd{To: m.huadong.id, What: "Results of the trial week", Due: date(5)})
			return err
		},
		func() error {
			return m.Engagements.Propose(on(2, 16, 0), ingrid, id, engage.ProposeCmd{Shares: []engage.Share{{Org: m.aurelia.id, Part: 3750}, {Org: m.kestrel.id, Part: 3750}, {Org: m.huadong.id, Part: 2500}}, Note: "Of what is invoiced to Thornhill in the first year; Kestrel runs the trial."})
		},
		func() error { return m.agree(on(1, 3, 0), chen, id) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	// here neither distributor is shown to the other: Kestrel takes part, Baltic is asked
	if id, err = begin(9, "demo-ferries", engage.Terms{Title: "North Sea Ferries, engine rooms", Customer: "North Sea Ferries plc", Purpose: "Tools for the engine rooms of six ships, in the ports they call at.", Teaser: "A ferry line buys tools for its engine rooms in several ports.", Country: "GB", Band: "medium"}, "38500", maya, kaarel); err != nil {
		return err
	}
	return join(8, 9, maya, id)
}

// agree agrees to the newest text of the split.
func (m *maker) agree(ctx context.Context, who access.Actor, id engage.ID) error {
	seen, err := m.Engagements.Get(ctx, who, id)
	if err != nil || seen.Detail == nil || len(seen.Detail.Splits) == 0 {
		return err
	}
	return m.Engagements.AgreeSplit(ctx, who, id, seen.Detail.Splits[0].Hash)
}
