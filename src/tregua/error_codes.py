"""The essays behind the error codes: what went wrong, why it matters, and how to mend it.
`tregua explain CODE` prints them.

Numbering: TR10 command line, TR11 reading files, TR12 keys and names, TR13 quantities and dates,
TR14 policies, TR15 data, TR16 evidence, TR21 building models, TR22 plans and solvers, TR23 results,
TR27 forecasts and their scores, TR28 the statistical layer, TR29 fits and posteriors, TR30 the lab,
TR31 run folders, TR90 installation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Essay:
    """What a code means.

    Attributes:
        title: the refusal in one line.
        text: cause and remedy, in plain English.
    """

    title: str
    text: str


ESSAYS: dict[str, Essay] = {
    "TR1001": Essay(
        "the command line was not understood",
        (
            "A command or an option is misspelt, or an option lacks its value. `tregua --help` "
            "lists the commands, `tregua COMMAND --help` its options with an example."
        ),
    ),
    "TR1002": Essay(
        "there is no such error code",
        (
            "Codes are TR and four digits, as the first line of a refusal shows them. "
            "`tregua explain` lists all."
        ),
    ),
    "TR1003": Essay(
        "--set needs a name and a value",
        (
            "Write the full name of a parameter, an equals sign and a value with its unit, in "
            'quotes: --set "arrests.effort=200 person/week". `tregua mechanisms` '
            "lists the names."
        ),
    ),
    "TR1004": Essay(
        "there is nothing to reproduce by that name",
        "`tregua reproduce` without a name lists what can be rebuilt.",
    ),
    "TR1101": Essay(
        "a scenario cannot be read",
        (
            "The file does not exist, is a folder, or may not be read. A name without a path may "
            "also be a shipped scenario. `tregua new my.toml` writes one to start from."
        ),
    ),
    "TR1102": Essay(
        "a file is not valid TOML",
        (
            "The message names line and column. Usual causes: text without quotes, a missing "
            "bracket, a key that appears twice. A value with a unit is text and "
            'needs quotes: rate = "0.002 / week".'
        ),
    ),
    "TR1103": Essay(
        "a file is not text in UTF-8",
        "Save it again as UTF-8, or check that it is the file you meant.",
    ),
    "TR1201": Essay(
        "a key is not known here",
        (
            "Unknown keys are refused rather than skipped: a misspelt key that is silently "
            "ignored gives a run that is not the one you described. The message lists the keys "
            "allowed in that table."
        ),
    ),
    "TR1202": Essay(
        "a key is missing",
        "The table named needs this key. `tregua new my.toml` writes a complete example.",
    ),
    "TR1203": Essay(
        "no parameter has that name",
        (
            "Parameters are named mechanism.parameter, such as recruitment.rate. `tregua "
            "mechanisms` lists them. A parameter exists only if its mechanism is in the model."
        ),
    ),
    "TR1204": Essay(
        "a value is of the wrong kind",
        (
            "A number stands where text is expected, or a value where a table is. The message "
            "says what was expected."
        ),
    ),
    "TR1205": Essay(
        "no mechanism has that name",
        "`tregua mechanisms` lists those that ship; the message names the nearest.",
    ),
    "TR1206": Essay(
        "two policies have the same name",
        "Names tell policies apart in tables and file names. Rename one of them.",
    ),
    "TR1207": Essay(
        "no policy has that name",
        (
            "A policy must be defined in the scenario file by a [[policy]] table, above any other "
            "policy that combines it."
        ),
    ),
    "TR1208": Essay(
        "a change needs exactly one operation",
        (
            "Each [[policy.change]] does one thing: scale (multiply), set (replace), add, or cap "
            "(keep from rising above). For two things write two changes; "
            "they are applied in order."
        ),
    ),
    "TR1301": Essay(
        "a number has no unit",
        (
            "A bare number for a quantity with a dimension is refused, because a rate meant per "
            "year and read per week is wrong by a factor of 52 and looks right. "
            'Write the unit: "0.13 / year", "110 person/week". Conversions are done for you. Only '
            "pure numbers, such as a factor, are written bare."
        ),
    ),
    "TR1302": Essay(
        "text is not a number with a unit",
        (
            'Write a number, then a unit: "0.0025 / week", "110 person/week", "50 %". Known '
            "units: person, hour, day, week, fortnight, month, year, "
            "kilometer, gram, kilogram, tonne, usd, %. An unknown unit is named, with the nearest "
            "that is known. A year is 365.25 days, a month a twelfth of it."
        ),
    ),
    "TR1303": Essay(
        "a quantity is of another kind",
        (
            "The unit cannot be converted to the parameter's unit: persons a week are not "
            "persons, a rate is not a number of weeks. `tregua mechanisms NAME` shows the "
            "unit of every parameter."
        ),
    ),
    "TR1304": Essay(
        "text is not a date",
        'Write "2022", "2022-01" or "2022-01-31", or a TOML date without quotes.',
    ),
    "TR1305": Essay(
        "the length of a scenario makes no sense",
        (
            'Give either `end`, a day after `start`, or `length`, such as "10 year". A scenario '
            "lasts at least one week."
        ),
    ),
    "TR1306": Essay(
        "a value leaves the range that makes sense",
        (
            "Every parameter has a support: a rate cannot be negative, a share lies between 0 and "
            "1. The check includes policies, so an `add` or `set` may be the cause; the message "
            "then names the policy and the change."
        ),
    ),
    "TR1307": Essay(
        "a value has the wrong shape",
        (
            "A parameter takes one number, or one for each place along its axes; posterior "
            "draws have one row a draw."
        ),
    ),
    "TR1401": Essay(
        "a policy changes a parameter that does not exist",
        "`tregua mechanisms` lists all parameters; the message names the nearest.",
    ),
    "TR1402": Essay(
        "a change makes no sense",
        (
            "A factor must be finite and not negative; a change must end after it starts; a cap "
            "cannot be ramped, because there is nothing before it to ramp from."
        ),
    ),
    "TR1403": Essay(
        "a policy names a territory that does not exist",
        (
            "Territories are those of the scenario's data set. A parameter that has one value for "
            "all territories cannot be changed in some of them."
        ),
    ),
    "TR1404": Essay(
        "a change is never in force",
        (
            "Its dates lie outside the scenario. Such a policy would be reported as having no "
            "effect, which would be true and misleading."
        ),
    ),
    "TR1501": Essay(
        "no data set has that name", "The message lists those that ship and names the nearest."
    ),
    "TR1502": Essay(
        "a data set lacks what the model needs",
        (
            "A mechanism reads a covariate that this data set does not have. Choose another data "
            "set or drop the mechanism."
        ),
    ),
    "TR1601": Essay(
        "no source and no claim has that id",
        (
            "Claims of the two articles are C01 to C59; sources have short ids such as size-2023. "
            "`tregua evidence` lists all of them. A mechanism that cites a source which is not in "
            "the ledger is refused when it is loaded: add the source to "
            "tregua/evidence/data/cited.toml first."
        ),
    ),
    "TR1602": Essay(
        "nothing in the ledger is of that kind",
        (
            "`tregua evidence` filters by stance (official, measured, estimated, reported, "
            "alleged, opinion, record, assumed) and by system, the part of the world that a claim "
            "is about, or the kind of a source. The message lists the values that occur "
            "and names the nearest."
        ),
    ),
    "TR1701": Essay(
        "an official file cannot be read",
        (
            "It is not there, is empty, or is no text: an archive must be unpacked and a "
            "spreadsheet saved as csv. UTF-8 and Latin-1 are both read."
        ),
    ),
    "TR1702": Essay(
        "a file is not of the kind that was named",
        (
            "Each kind has the columns of the official publication: INEGI's export of homicides "
            "by month, SESNSP's file of victims, UCDP's file of events. The message says which "
            "columns were found and which are missing. Nothing was written."
        ),
    ),
    "TR1703": Essay(
        "a name is no state of Mexico",
        (
            "Accents, capitals, long and older names are all understood, and so are INEGI codes. "
            "The message names the row. Where a code and a name stand side by side they "
            "must mean the same state."
        ),
    ),
    "TR1704": Essay(
        "a value in an official file makes no sense",
        (
            "Counts are whole numbers from zero, years have four digits, dates are 2015-01-31 and "
            "in order. A file with one such value is refused as a whole, because a column that "
            "has slipped is rarely wrong in one row only."
        ),
    ),
    "TR1705": Essay(
        "a row is there twice",
        (
            "Counting it twice would be wrong and dropping one a guess. Look at both rows, "
            "which the message names."
        ),
    ),
    "TR1706": Essay(
        "totals do not add up",
        (
            "The months of a state must add up to its own total and the states to the national "
            "total, both printed in the file. Where they do not, rows are missing or were changed."
        ),
    ),
    "TR1707": Essay(
        "no such kind of file can be imported",
        "The kinds are homicides (INEGI), victims (SESNSP) and events (UCDP GED).",
    ),
    "TR1708": Essay(
        "no shipped table has that name",
        "`tregua data` lists the shipped tables; the message names the nearest.",
    ),
    "TR2101": Essay(
        "something is defined twice",
        (
            "Two mechanisms declare a compartment or level by the same name with different axes "
            "or units, or the same mechanism is in the model twice. Define shared stocks once, in "
            "tregua/model/vocabulary.py."
        ),
    ),
    "TR2102": Essay(
        "a mechanism reads what it does not declare",
        (
            "A hazard may read only the names in its mechanism's `needs` and `parameters`. That "
            "is how the model can say what depends on what."
        ),
    ),
    "TR2103": Essay(
        "a flow or drift has an end that does not exist",
        "Add the compartment or level to the mechanism's `needs`, or correct the name.",
    ),
    "TR2104": Essay(
        "two draws share an address",
        (
            "Random numbers are addressed by name. Two names with the same address would get the "
            "same numbers and no longer be independent. Rename one."
        ),
    ),
    "TR2105": Essay(
        "no axis has that name",
        "The axes are those of the data set, such as territory and group; the message lists them.",
    ),
    "TR2106": Essay(
        "the model has no such mechanism", "`model - NAME` drops a mechanism that is in the model."
    ),
    "TR2107": Essay(
        "a flow or a selection of flows uses a word that is not declared",
        (
            "Victims, causes of death and kinds of flows are fixed words, so that what is counted "
            "cannot be lost by a typing error. tregua/model/declarations.py lists them; a "
            "mechanism declares causes of its own in `causes`. A death has a victim and a cause, "
            "any other flow has neither."
        ),
    ),
    "TR2201": Essay(
        "a solver cannot run a model",
        (
            "The exact solver cannot run levels that drift between happenings; the deterministic "
            "solvers need a mean for every event. Use tau-leap, which runs everything."
        ),
    ),
    "TR2202": Essay(
        "no solver has that name",
        (
            "tau-leap: whole persons and chance. mean-field: expected numbers in weekly steps. "
            "rk4: continuous time. exact: one person at a time."
        ),
    ),
    "TR2203": Essay(
        "a step does not fit",
        "The step must divide the block (52 weeks) and the length of the scenario.",
    ),
    "TR2204": Essay(
        "replicates or seed out of range",
        (
            "At least one replicate; a seed from 0 to 4294967295; all posterior "
            "draws of the same length."
        ),
    ),
    "TR2205": Essay(
        "a run would not fit in memory",
        (
            "The arrays of all replicates are held in memory. Use fewer replicates or a shorter "
            "scenario, or run several seeds one after another."
        ),
    ),
    "TR2206": Essay(
        "a run is too large for the exact solver",
        (
            "The exact solver moves one person at a time and is a referee for small cases: "
            "thousands of persons for weeks, not a hundred thousand for years. Use tau-leap, "
            "which agrees with it as its step shrinks."
        ),
    ),
    "TR2207": Essay(
        "nobody can ever be a member",
        (
            "No mechanism of the model founds the groups, and none brings persons into them from "
            "outside while they are empty. A run would be all zeros, "
            'which would be true and misleading. Add "founding" to the mechanisms, or a mechanism '
            "of your own that provides members."
        ),
    ),
    "TR2301": Essay(
        "a run met numbers that make no sense",
        (
            "A hazard became negative or infinite, or an event changed the number of persons. "
            "With the shipped mechanisms this means extreme values; with a new mechanism, a "
            "mistake in it. The run is refused as a whole, because the replicates that went wrong "
            "are not a random sample."
        ),
    ),
    "TR2302": Essay(
        "no snapshot was taken in that week",
        (
            "Full detail is kept at the end of every block of weeks. Choose such a week, or run "
            "with another `block_weeks`."
        ),
    ),
    "TR2303": Essay(
        "a run has no such series",
        "The message lists the series: compartments by name, flows by mechanism.flow.",
    ),
    "TR2701": Essay(
        "a forecast cannot be read",
        (
            "The file is not there, or is no parquet file. Write a table with one row for each "
            "state, year and replicate as parquet, for example with pandas: "
            'table.to_parquet("mine.parquet").'
        ),
    ),
    "TR2702": Essay(
        "a forecast lacks a column",
        (
            "A forecast has the columns state_code (text, 01 to 32), year and replicate (whole "
            "numbers) and homicides; one of months also has month, 1 to 12. Other columns are not "
            "read. The message names what is missing or of another kind."
        ),
    ),
    "TR2703": Essay(
        "a value in a forecast makes no sense",
        (
            "Homicides are numbers from zero, state codes are INEGI's two digits with the zero in "
            "front, months are 1 to 12. A file with one such value is refused as a whole. The "
            "message names the first row, counted from zero."
        ),
    ),
    "TR2704": Essay(
        "a forecast has gaps or rows that are there twice",
        (
            "Every replicate must say a number for each of the 32 states in each year or month, "
            "once. Scores of forecasts that leave out what is hard could not be compared."
        ),
    ),
    "TR2705": Essay(
        "a forecast does not begin after its origin or the record does not go so far",
        (
            "The origin is the last year that the forecast knows. Its first year, or month, must "
            "be the next one; years must follow one another, and none may be later than the "
            "record. Baselines need some years before the origin."
        ),
    ),
    "TR2706": Essay(
        "a forecast has too few replicates",
        "Intervals of 95 % need samples in both tails: at least 40 replicates, better 1,000.",
    ),
    "TR2707": Essay(
        "no such baseline can be made",
        (
            "The message lists the baselines that there are at this origin. Some forecast years "
            "only, and the published size model begins in 2012."
        ),
    ),
    "TR2801": Essay(
        "the statistical layer cannot be made here",
        (
            "The layer learns from what came in the four years after earlier quarters, so it "
            "needs the months of at least eleven years: origins from 2000 on, to the last year of "
            "the record. It forecasts up to 48 months; years are sums of months."
        ),
    ),
    "TR2802": Essay(
        "growth handed to the statistical layer makes no sense",
        (
            "Growth is the change of the logarithm of recorded homicides since the origin, for "
            "each draw, state and month ahead: finite numbers, in the order of the record's "
            "states. Its weight is a number from 0 (it does not count) to 1 (nothing else does)."
        ),
    ),
    "TR2901": Essay(
        "a fit cannot start",
        (
            "The mean field of the model gives no numbers in the middle of the priors, where the "
            "search for the best point begins. Look at the same scenario with `tregua run "
            "--solver mean-field`: a value of yours may be extreme."
        ),
    ),
    "TR2902": Essay(
        "there is no such posterior",
        (
            "A posterior is a folder written by `tregua fit`, or the name of one that ships with "
            "the package. The message lists those."
        ),
    ),
    "TR2903": Essay(
        "a posterior cannot be read",
        (
            "Its folder holds posterior.npz (draws as arrays) and posterior.json (how they came "
            "about). One of them is missing, cut short, or of another kind."
        ),
    ),
    "TR2904": Essay(
        "a fit cannot end with this year",
        (
            "The national model begins in 2007, and the shipped record ends in 2020. A fit needs "
            "at least three years, or the wandering of a state cannot be told from the "
            "scatter of its counts."
        ),
    ),
    "TR2905": Essay(
        "chains cannot be so short",
        (
            "A chain needs an iteration of warm-up and four draws for its diagnostics to be "
            "defined at all; for an answer it needs a hundred or more."
        ),
    ),
    "TR3001": Essay(
        "the lab does not listen to other computers unguarded",
        (
            "Whoever reaches the lab can make this computer work. On 127.0.0.1 only programs of "
            "this computer reach it. For another --host write a password of at least 12 "
            "characters into a file, make it readable by you alone with `chmod 600 FILE`, and add "
            "--password-file FILE. Put a proxy with TLS in front, or the password "
            "can be read on the way."
        ),
    ),
    "TR3002": Essay(
        "a link holds no package",
        (
            "The part after p= was cut short or changed. Its check sum tells half a "
            "link from another package."
        ),
    ),
    "TR3003": Essay(
        "the password file cannot be used",
        (
            "It needs 12 to 1,024 characters in its first line, and must be readable by nobody "
            "else: `chmod 600 FILE`."
        ),
    ),
    "TR3004": Essay(
        "the lab cannot listen there",
        (
            "The port is taken, needs rights that you have not, or the address is "
            "not one of this computer."
        ),
    ),
    "TR3005": Essay(
        "somebody was not let in",
        (
            "A link of the lab works once and then opens it in that browser until the lab is "
            "stopped. Press Enter in the terminal where `tregua lab` runs for another link."
        ),
    ),
    "TR3006": Essay(
        "a request did not come from a page of the lab",
        (
            "The lab answers only pages that it served itself, under the name in its link. This "
            "keeps other pages in the same browser from using it. Behind a proxy, "
            "say its name with --name."
        ),
    ),
    "TR3007": Essay(
        "too many visitors",
        (
            "The lab holds the futures of at most 16 visitors. A visit gives way an hour "
            "after its last request."
        ),
    ),
    "TR3008": Essay(
        "too much in a short time",
        (
            "Requests, messages, links, passwords and tabs are limited, so that one visitor "
            "cannot stop the others."
        ),
    ),
    "TR3009": Essay(
        "a file or request is too large or of another kind",
        "Scenario files end in .toml and have at most 65,536 bytes.",
    ),
    "TR3010": Essay(
        "the queue is full",
        "At most 8 jobs of one visitor and 32 of all wait. Cancel one, or wait for one to end.",
    ),
    "TR3011": Essay(
        "too many pairs",
        (
            "A job may have at most 24,576 pairs times years, with which the Monte-Carlo error is "
            "below a percentage point."
        ),
    ),
    "TR3012": Essay(
        "there is no such job",
        (
            "Jobs belong to the visitor who started them and end with the lab. Of ended "
            "ones the last 16 are kept."
        ),
    ),
    "TR3013": Essay(
        "a scenario that is brought asks for too much",
        (
            "A file that is opened on the page cannot name a folder of this computer, last more "
            "than thirty years, or have more than 40 policies with 200 changes. `tregua run "
            "FILE` has no such limits."
        ),
    ),
    "TR3014": Essay(
        "the lab is not ready",
        (
            "At its first start it runs to the present, which is kept. The "
            "terminal shows how far it is."
        ),
    ),
    "TR3015": Essay(
        "six packages are pinned already",
        "More than six cannot be told apart in one chart. Take one off, then pin the new one.",
    ),
    "TR3016": Essay(
        "a request to the interface was not understood",
        "/api/openapi.json says which addresses there are and what they take.",
    ),
    "TR3020": Essay(
        "no handle has that name",
        (
            "A handle of the lab is named after the parameter that it changes, such as "
            "arrests.effort. A scenario has only the handles whose mechanisms are in its model: a "
            "link made for another scenario may name one that this scenario lacks."
        ),
    ),
    "TR3021": Essay(
        "a handle was set beyond its reach",
        (
            "Each handle has a lowest and a highest position, which the page shows. Beyond them "
            "the model has not been looked at. A scenario file may go further."
        ),
    ),
    "TR3022": Essay(
        "the dates of a setting make no sense",
        (
            "In the lab changes begin after the record ends, within the scenario, and end at "
            "least a week later if they end at all. Before that day the model retells what "
            "happened, and every package shares it."
        ),
    ),
    "TR3023": Essay(
        "a scenario cannot be shown in the lab",
        (
            "The lab compares calendar years after its first day, by territory and by who is "
            "killed. It needs a scenario with a whole year after that day and a model that counts "
            "deaths by territory. `tregua compare` shows the others."
        ),
    ),
    "TR3030": Essay(
        "the pages do not speak this language",
        (
            "The pages of the lab are in English (en) and Spanish (es). An address with another "
            "`lang` keeps the language of before."
        ),
    ),
    "TR3101": Essay(
        "a run folder is there already",
        (
            "Nothing is overwritten unless you say so. Name another folder with --out, or add "
            "--replace, which replaces a run and refuses anything else."
        ),
    ),
    "TR3102": Essay(
        "a file or folder cannot be written",
        "It exists already, its parent is no folder, you may not write there, or the disk is full.",
    ),
    "TR3103": Essay(
        "a folder is not a run",
        "It has no manifest.json written by Tregua. It will not be read, and will not be replaced.",
    ),
    "TR3104": Essay(
        "the name of a folder cannot be used",
        (
            "Part of the path is a file, the name is too long, or you may not look there. Nothing "
            "was computed. Name another folder with --out."
        ),
    ),
    "TR3105": Essay(
        "a file of yours would be lost",
        (
            "Replacing a run takes over the files that you put into its folder. It cannot do so "
            "where you changed a file that Tregua wrote, or where your file has the name of one "
            "that the new run writes. Nothing was touched: rename or move the files named, "
            "or give another --out."
        ),
    ),
    "TR9002": Essay(
        "something went wrong inside Tregua",
        (
            "This is a fault of Tregua, not of your input. Please report it with the command and "
            "the message. With TREGUA_DEBUG=1 in the environment the whole trace is shown. No "
            "run folder was written."
        ),
    ),
    "TR9001": Essay(
        "a package is missing",
        (
            "The core installs without plotting, tables and the command line. Install them with: "
            'pip install "tregua[app]". Scores of forecasts need more: pip install '
            '"tregua[app,score]"; and so does the lab: pip install "tregua[app,lab]".'
        ),
    ),
}
"""Every code that the package may raise; a test compares this with the code."""
