"""The demo company: its files by the ordinary import, then a month of work by ordinary acts on simulated phones.

    company/       the files, as a customer would hand them over
    load.py        the journey: import, pictures, the month; it may be interrupted and goes on where it was
    world.py       what the stories need to know of the company
    timeline.py    acts in the order of their times, pushed by phones that are sometimes offline
    visits.py      what happens on a work order and a visit
    deadlines.py   plans, delays, holds, calls for help, feedback: added to the script
    month.py       who does what on which day; everything relative to the day of loading
    answers.py     checklists filled plausibly
    pictures.py    photos and signatures, drawn

Nothing is written around the acts, so what the demo shows is what the product does. The same seed and the same
instant give the same ids, so that a load cut short is answered as repeats and continued.
"""
