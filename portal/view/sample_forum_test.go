package view

import "html/template"

// forumSamples are the pages of the forum, as owner and as partner.
func forumSamples(k, a Base) map[string]Page {
	rows := []TopicRow{{URL: "/c/kestrel/forum/topics/1", Title: "Which DTM qualifier for “deliver not before”?", Category: "EDI help", By: T("forum.a_partner"), Kind: T("forum.kind.question"), Status: Status{State: "topic.answered"}, Replies: 5, Votes: -1, At: at(19, 9, 0), Unread: true, Tags: []string{"850", "edi"}},
		{URL: "/c/kestrel/forum/topics/2", Title: "配送窗口怎么写", Category: "EDI help", By: T("forum.by", "name", "Tomás Vega", "company", "Aurelia Tools"), Kind: T("forum.kind.idea"), Status: Status{State: "topic.planned"}, Replies: 0, Votes: 3, At: at(20, 9, 0)}}
	theirs := CategoryRow{URL: "/c/kestrel/forum?category=1", Name: "EDI help", About: "How documents are meant", Owner: "Aurelia Tools", Open: true, Locked: true, CanAgree: true, Unread: 2, DoURL: "/c/kestrel/forum/categories/1"}
	asked := theirs
	asked.CanAgree, asked.Unread = false, 0
	entered := theirs
	entered.Agreed, entered.Locked, entered.On = true, false, true
	ours := CategoryRow{URL: "/c/aurelia/forum?category=1", Name: "EDI help", Closed: true, EditURL: "/c/aurelia/forum/categories/1", DoURL: "/c/aurelia/forum/categories/1", Shared: 3, Tiers: []string{"Gold"}}
	sealed := ours
	sealed.NDAURL = "/c/aurelia/forum/categories/1/agreement"
	rows[1].NDA = true
	body := template.HTML("<p>Use two segments. <strong>064</strong> and <strong>063</strong>.</p><pre><code>DTM*064*20261202~\n</code></pre>")
	root := TopicPost{Author: dan, HTML: body, At: at(19, 8, 0), Edited: true, Mine: true, Votes: 2, CanEdit: true, CanRemove: true, URL: "/c/kestrel/forum/topics/1", Form: Form{Values: map[string]string{"title": "x", "body": "y", "tags": "850"}}}
	best := TopicPost{ID: "b1", Author: tomas, HTML: body, At: at(19, 9, 0), Accepted: true, Voted: true, Votes: 4, CanAccept: true, CanVote: true, CanRemove: true, URL: "/c/kestrel/forum/topics/1#p-b1", Form: Form{Values: map[string]string{"body": "y"}}}
	nobody := TopicPost{ID: "b2", Hidden: true, HTML: body, Files: []FileLink{{Name: "label <1>.png", URL: "/f", Image: "/f?show=1", Size: 80, DropURL: "/f/remove"}, {Name: "850.pdf", URL: "/g", PDF: "/g?show=1", Size: 9000}}, At: at(19, 10, 0), Votes: -1, CanVote: true, URL: "/c/kestrel/forum/topics/1#p-b2"}
	gone := TopicPost{ID: "b3", Hidden: true, Removed: true, At: at(19, 11, 0), URL: "/c/kestrel/forum/topics/1#p-b3"}
	wrong := Form{Values: map[string]string{"category": "1", "kind": "question"}, Errors: []FieldError{{"title", T("form.missing")}, {"body", T("form.missing")}, {"tags", T("forum.tag_wrong")}, {"survey", T("forum.survey_wrong")}}}
	levels := []Option{{Value: "", Label: T("forum.level.none"), On: true}, {Value: "watching", Label: T("forum.level.watching")}}
	states := []Option{{Value: "open", Label: T("state.topic.open"), On: true}, {Value: "closed", Label: T("state.topic.closed")}}
	poll := []SurveyRow{{"What sells best?", "q.0", []SurveyOption{{"0", "Drills", 3, 60}, {"1", "Grinders", 2, 40}}}}
	return map[string]Page{
		"forum":        &ForumPage{Base: k, URL: "/c/kestrel/forum", Tabs: []Tab{{T("forum.view.all"), "/c/kestrel/forum", -1, true}, {T("forum.view.ideas"), "/c/kestrel/forum?view=ideas", -1, false}}, Filters: filters("/c/kestrel/forum"), Rows: rows, Pager: Pager{Shown: 2, Total: -1, Next: "?after=x"}, Categories: []CategoryRow{theirs, asked, entered}, Experts: []ExpertRow{{tomas, 3}, {dan, 1}}, NewURL: "/c/kestrel/forum/new"},
		"forum-owner":  &ForumPage{Base: a, URL: "/c/aurelia/forum", Filters: filters("/c/aurelia/forum"), Rows: rows[:1], Pager: Pager{Shown: 1, Total: -1}, Categories: []CategoryRow{ours, sealed}, NewURL: "/c/aurelia/forum/new", ManageURL: "/c/aurelia/forum/categories/new", ReportsURL: "/c/aurelia/forum/reports", Reports: 2},
		"topic-form":   &TopicFormPage{Base: a, URL: "/c/aurelia/forum/new", Form: wrong, Categories: options("1", "1", "EDI help"), Kinds: []Option{{Value: "question", Label: T("forum.kind.question"), On: true}}, CanSurvey: true, CanSeal: true, Related: rows, Preview: body, Who: []Text{T("forum.read_own", "category", "EDI help")}},
		"topic":        &TopicPage{Base: k, URL: "/c/kestrel/forum/topics/1", Title: rows[0].Title, Kind: rows[0].Kind, Status: rows[0].Status, Category: entered, Topic: root, Posts: []TopicPost{best, nobody, gone}, Replies: 3, NextURL: "?after=x", Tags: []TagLink{{"850", "/c/kestrel/forum?tag=850"}}, Levels: levels, Similar: rows[1:], CanReply: true, Preview: body, Form: Form{Values: map[string]string{"body": "x"}, Errors: []FieldError{{"body", T("form.missing")}}}, Who: T("forum.read_hidden", "category", "EDI help", "company", "Aurelia Tools")},
		"topic-survey": &TopicPage{Base: k, URL: "/c/kestrel/forum/topics/3", Title: "Market", Kind: T("forum.kind.survey"), Status: Status{State: "topic.open"}, Category: entered, Topic: nobody, Levels: levels, Survey: poll, CanVote: true, Least: 5},
		"topic-result": &TopicPage{Base: a, Moved: now, CanMove: true, Moves: []Option{{Value: "c2", Label: T("forum.move_loses", "category", "Tools", "companies", "Baltic Trade")}}, NoMoves: []Text{T("forum.move_not.readers", "category", "All partners", "companies", "Baltic Trade"), T("forum.move_not.tiers", "category", "Gold", "companies", ""), T("forum.move_not.names", "category", "Round table", "companies", "")}, URL: "/c/aurelia/forum/topics/3", Title: "Market", Kind: T("forum.kind.survey"), Status: Status{State: "topic.open"}, Category: ours, Topic: root, Levels: levels, States: states, CanState: true, Survey: poll, Counted: 5, Least: 5},
		"topic-wait":   &TopicPage{Base: k, URL: "/c/kestrel/forum/topics/3", Title: "Market", Kind: T("forum.kind.survey"), Status: Status{State: "topic.open"}, Category: entered, Topic: nobody, Levels: levels, Survey: poll, Done: true, Least: 5},
		"category":     &CategoryFormPage{Base: a, URL: "/c/aurelia/forum/categories/1", ID: "1", Form: Form{Values: map[string]string{"name": "EDI help"}, Errors: []FieldError{{"name", T("form.missing")}, {"seats", T("forum.not_partner")}}}, Open: true, Closed: true, Seats: []SeatRow{{"o1", "Kestrel Supply", "create", true}, {"o2", "华东五金", "see", false}}, Tiers: []SeatRow{{"Gold", "Gold", "reply", false}, {"Silver", "Silver", "", false}}},
		"category-new": &CategoryFormPage{Base: a, URL: "/c/aurelia/forum/categories/new"},
		"nda":          &NDAPage{Base: k, URL: "/c/kestrel/forum/categories/1/agreement", CSVURL: "/c/kestrel/forum/categories/1/agreement/csv", BackURL: "/c/kestrel/forum?category=1", Category: "EDI help", Number: 2, Body: "Keep it.\nFor ten years.", Made: at(19, 8, 0), CanList: true, Rows: []NDARow{{dan, 1, at(19, 9, 0)}}},
		"nda-done":     &NDAPage{Base: k, URL: "/c/kestrel/forum/categories/1/agreement", BackURL: "/c/kestrel/forum?category=1", Category: "EDI help", Number: 1, Body: "Keep it.", Made: at(19, 8, 0), Accepted: true},
		"topic-nda":    &TopicPage{Base: a, CanMove: true, URL: "/c/aurelia/forum/topics/4", Title: "Blade", Kind: T("forum.kind.idea"), Status: Status{State: "topic.open"}, Category: sealed, Topic: root, Levels: levels, States: states, CanState: true, NDA: true, CanUnseal: true},
		"topic-seal":   &TopicPage{Base: a, URL: "/c/aurelia/forum/topics/4", Title: "Blade", Kind: T("forum.kind.idea"), Status: Status{State: "topic.open"}, Category: sealed, Topic: root, Levels: levels, CanSeal: true},
		"room-asked":   &RoomAskedPage{Base: k, URL: "/c/kestrel/rooms/invitations/r1", Title: "Fair in Leeds", Maker: "Aurelia Tools", Ours: 30, Theirs: 0, Differs: true, People: options("", "p1", "Dan Whitlock"), Form: Form{Errors: []FieldError{{"people", T("room.not_colleague")}}}},
		"reports":      &ReportsPage{Base: a, Rows: []ReportRow{{"", "/c/aurelia/forum/reports/2", "", "", "", maya, at(19, 9, 0)}, {"/c/aurelia/forum/topics/1#p-b2", "/c/aurelia/forum/reports/1", "Window", "advertisement", "<p>buy cheap</p>", maya, at(19, 9, 0)}}},
	}
}

// forumEmpties are the same with nothing on them.
func forumEmpties(b Base) map[string]Page {
	return map[string]Page{"forum": &ForumPage{Base: b, Filters: Filters{Placeholder: T("forum.search")}}, "forum-nothing": &ForumPage{Base: b, Filters: filters("/x")}, "topic-form": &TopicFormPage{Base: b}, "topic": &TopicPage{Base: b, Category: CategoryRow{URL: "/c/kestrel/forum", Name: "x"}, Title: "x", Topic: TopicPost{Hidden: true, Removed: true, URL: "/x"}}, "category": &CategoryFormPage{Base: b}, "reports": &ReportsPage{Base: b}, "nda": &NDAPage{Base: b, Body: "x"}, "room-asked": &RoomAskedPage{Base: b}}
}
