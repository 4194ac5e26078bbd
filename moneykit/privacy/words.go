package privacy

import "strings"

// Of these lists the pseudonyms are made. No word has more than eight letters, so that
// no name has more than 28.
var (
	words = strings.Fields(`
		alder amber anchor apple aspen aster badger barley basil beaver beech birch bluebell
		bracken bramble brook bunting burdock canyon cedar cherry chestnut cinder clover cobalt
		copper coral cricket crocus curlew cypress dahlia daisy damson dapple dove drift dune
		elder ember falcon fennel fern finch fjord flint foxglove garnet ginger glacier glen
		granite grouse grove gull harbor hawthorn hazel heath heather hedgerow heron hickory
		holly hollow hopper indigo iris ivory island jasmine jasper juniper kelp lagoon lantern
		larch lark laurel lavender lichen lilac linden linnet lotus lupin magnolia magpie mallow
		maple marigold marlin marten meadow mesa mimosa minnow mint moss mulberry myrtle nettle
		nutmeg oleander olive onyx opal orchard orchid osprey otter parsley pebble peony pepper
		petrel pigeon pine plover plum poppy prairie primrose puffin quail quarry quartz quince
		raven reed ridge river robin rosemary rowan russet saffron sage salmon sandbar sequoia
		shale sorrel sparrow spruce starling stork sumac summit swallow tamarack tansy teal
		thicket thistle thrush tulip tundra umber valley verbena violet walnut warbler willow
		wren yarrow zephyr`)
	banks      = strings.Fields(`Bank Trust Savings Banking Union Mutual Credit Bancorp Finance`)
	purses     = strings.Fields(`Account Basket Casket Chest Coffer Drawer Folio Fund Jar Ledger Locker Nest Pocket Pot Pouch Purse Reserve Satchel Tin Vault Wallet`)
	shops      = strings.Fields(`Market Cafe Books Bakery Tools Grocers Motors Pharmacy Outfit Diner Studio Supply Cycles Gardens Kitchen Works`)
	securities = strings.Fields(`Fund Index Shares Bond Holdings Growth Income Trust`)
	streets    = strings.Fields(`Street Avenue Lane Road Way Court Terrace Place Walk Crescent`)
	towns      = strings.Fields(`ford ton haven field mouth wick stead bridge dale port`)
	firstNames = strings.Fields(`
		Ada Alba Anselm Ardith Astrid Aubrey Basil Beatrix Bram Briony Calder Cassia Cedric Clemence
		Corin Dara Delphine Edda Elias Elowen Emeric Esme Fabian Faye Felix Fenna Gideon Greta Hale
		Hester Ida Ingram Isolde Ivo Jora Juno Kester Lark Leopold Linnea Lorcan Lowell Mabel Maren
		Marius Merle Milo Nell Nico Odette Orla Oscar Otis Perrin Petra Quentin Ramona Roscoe Rosalind
		Rufus Sabine Selma Silas Sorrel Tamsin Theron Thora Tobias Una Ursula Verity Wilder Willa Xenia
		Yorick Yvaine Zelda`)
	lastNames = strings.Fields(`
		Alderton Applegarth Ashdown Barrowby Beckwith Birchall Blackthorn Brackley Bramwell Brightwater
		Burnside Calloway Cartmell Coldbrook Copperfield Crosswell Dalewood Dapplemere Deepdale
		Eastlake Elmhurst Fairbrook Fallowfield Fernsby Foxworth Garland Goldcrest Greenhalgh Hartwell
		Hawksmoor Hazelden Heatherby Hollowell Ironside Juniperry Kelmscott Kingsmere Lambourne
		Larkspur Lightfoot Longacre Lovelace Marchbanks Meadowcroft Merriweather Millstone Mossgrove
		Nightingale Northcote Oakley Orchardson Otterburn Pemberley Penhallow Quillfeather Ravensworth
		Redfern Rosewarne Rushmere Saltmarsh Silverdale Springett Starling Stonecrop Swanwick
		Thistlewood Tidewater Underhill Vantongeren Wainscott Waverley Westerby Whitlock Willowby
		Winterbourne Woolgar Wrenfield Yarrowby`)
)
