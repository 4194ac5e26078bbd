package sandbox

import (
	"bytes"
	"encoding/json"
	"time"
)

type listedLink struct {
	LinkID    string    `json:"link_id"`
	CreatedAt time.Time `json:"created_at"`
}

// listing tells what GET /links shows of the link at a place, without making it.
func (s *Sandbox) listing(place int) (createdAt time.Time, listed bool) {
	if l := s.Links[place]; l != nil {
		return l.CreatedAt, l.listed()
	}
	at := s.situation(place)
	return s.Born.Add(-at.age), at.fresh > 0 && at.state != deleted
}

type linksAnswer struct {
	Links      []listedLink `json:"links"`
	NextCursor string       `json:"next_cursor"`
}

func (s *Sandbox) getLinks(c *call) (any, error) {
	query := queryOf(c)
	limit := query.integer("limit", 500, 500, 5000)
	start := 0
	if at := query.cursor(s, "links", 1); at != nil {
		start = at[0]
	}
	if err := query.problem(); err != nil {
		return nil, err
	}
	answer := linksAnswer{Links: []listedLink{}}
	for place := start; place < s.Total; place++ {
		createdAt, listed := s.listing(place)
		if !listed {
			continue
		}
		if len(answer.Links) == limit {
			answer.NextCursor = s.cursor("links", place)
			break
		}
		answer.Links = append(answer.Links, listedLink{LinkID: s.linkID(place), CreatedAt: createdAt})
	}
	return answer, nil
}

func (s *Sandbox) getLink(c *call) (any, error) {
	l, err := s.link(c)
	if err != nil {
		return nil, err
	}
	return l.answer(), nil
}

// maybe is a value of a JSON object that can be absent, null or there.
type maybe[T any] struct {
	present bool
	value   *T
}

// UnmarshalJSON notes that the value is there, be it null.
func (m *maybe[T]) UnmarshalJSON(text []byte) error {
	m.present = true
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	return json.Unmarshal(text, &m.value)
}

type updateLinkBody struct {
	Webhook  maybe[string]   `json:"webhook"`
	LinkTags maybe[[]string] `json:"link_tags"`
	Tags     maybe[[]string] `json:"tags"`
}

func (s *Sandbox) updateLink(c *call) (any, error) {
	l, err := s.liveLink(c)
	if err != nil {
		return nil, err
	}
	var body updateLinkBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if hook := body.Webhook.value; hook != nil {
		if errs := length(nil, *hook, 1, maxURL, "webhook"); errs != nil {
			return nil, invalid(errs...)
		}
	}
	if body.Webhook.present {
		l.Webhook = body.Webhook.value
	}
	// "tags" is the older name of "link_tags", which wins.
	for _, tags := range []maybe[[]string]{body.Tags, body.LinkTags} {
		if !tags.present {
			continue
		}
		l.Tags = nil
		if tags.value != nil {
			l.Tags = *tags.value
		}
	}
	s.touch(l)
	return l.answer(), nil
}

func (s *Sandbox) deleteLink(c *call) (any, error) {
	l, err := s.liveLink(c)
	if err != nil {
		return nil, err
	}
	s.enter(l, deleted, "", c.at)
	return nil, nil
}

func (s *Sandbox) resetLink(c *call) (any, error) {
	l, err := s.liveLink(c)
	if err != nil {
		return nil, err
	}
	if !l.Fetched || l.State == connecting {
		return nil, badState("Only a link that was connected can be reset.", l.why())
	}
	s.enter(l, inError, authExpired, c.at)
	return l.answer(), nil
}
