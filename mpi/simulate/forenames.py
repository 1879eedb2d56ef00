"""Forenames by origin, sex and birth cohort, in rank order, and everyday nicknames.

British cohorts approximate the ONS historical baby-name rankings of England and Wales (1904 to 1994 by decade, yearly
since 1996); the others approximate what hospital registers and name studies report. Written from general knowledge,
so ranks are approximate; no list was copied.
"""

from __future__ import annotations

from mpi.simulate.sampling import listed

COHORT_STARTS = (1900, 1946, 1962, 1976, 1990, 2004)
"""First birth year of each British cohort below."""

BRITISH_MALE = tuple(
    text.split()
    for text in (
        """John William George James Thomas Ronald Robert Kenneth Frederick Albert Eric Arthur Ernest
        Harold Peter Charles Leslie Stanley Joseph Alan Dennis Norman Frank Raymond Edward Douglas Jack
        Gordon Reginald Derek Donald Geoffrey Walter Roy Sidney Herbert Cyril Leonard Philip Harry Brian
        Bernard Maurice Victor Percy Clifford Wilfred Alfred Horace Trevor""",
        """David John Peter Michael Alan Robert Stephen Paul Brian Graham Philip Anthony Colin Christopher
        Geoffrey William James Keith Terence Barry Malcolm Richard Ian Derek Roger Raymond Kenneth Andrew
        Trevor Martin Kevin Ronald Leslie Charles George Thomas Nigel Stuart Edward Gordon Roy Dennis Neil
        Laurence Clive Eric Patrick Robin Donald Frank""",
        """Paul David Andrew Stephen Mark Michael Ian Gary Robert Richard Peter John Anthony Christopher
        Darren Kevin Martin Simon Philip Graham Colin Adrian Nigel Alan Neil Shaun Jonathan Nicholas
        Stuart Timothy Wayne Steven Carl James Brian Craig Jason Lee Sean Keith Matthew Dean Jeremy Karl
        Antony Duncan Gareth Russell Barry William""",
        """Christopher James David Daniel Michael Matthew Andrew Richard Paul Mark Thomas Adam Robert John
        Lee Benjamin Steven Jonathan Craig Stephen Simon Nicholas Peter Anthony Alexander Gary Ian Ryan
        Darren Barry Philip Gareth Neil Stuart Carl Kevin Martin Wayne Scott Dean Edward Samuel Ashley
        Joseph Luke Nathan Shaun Karl Timothy Liam""",
        """Thomas James Jack Daniel Matthew Ryan Joshua Luke Samuel Jordan Adam Michael Alexander
        Christopher Benjamin Joseph Liam Jake William Andrew George Lewis Oliver David Robert Jamie Nathan
        Connor Jonathan Harry Callum Aaron Ashley Bradley Jacob Kieran Scott Sam John Ben Charles Edward
        Dominic Mark Reece Kyle Peter Sean Stephen Elliot""",
        """Oliver Jack Harry George Noah Charlie Jacob Alfie Freddie Oscar Leo Arthur Archie Thomas Joshua
        Henry William James Ethan Logan Theo Isaac Max Lucas Alexander Riley Daniel Samuel Joseph Finley
        Mason Harrison Edward Sebastian Benjamin Teddy Dylan Jude Toby Louie Tommy Luca Reuben Albie
        Elijah Theodore Frankie Ronnie Zachary Bobby""",
    )
)

BRITISH_FEMALE = tuple(
    text.split()
    for text in (
        """Margaret Mary Joan Doris Dorothy Kathleen Irene Betty Eileen Doreen Jean Joyce Edna Vera Hilda
        Elsie Florence Barbara Sheila Patricia Audrey Marjorie Phyllis Gladys Winifred Annie Alice Ethel
        Elizabeth Edith Nora Lilian Evelyn Brenda June Ruby Muriel Ivy Freda Ellen Beryl Olive Constance
        Norma Sylvia Violet Rita Ada Mabel Nellie""",
        """Susan Margaret Christine Patricia Linda Jean Ann Maureen Barbara Mary Carol Sandra Janet
        Valerie Pauline Pamela Jennifer Elizabeth Kathleen Sheila Gillian Anne Judith Marilyn Brenda
        Lesley Jacqueline Hilary Joan Rosemary Eileen Diane Janice Dorothy Catherine Lynne Joyce Irene
        Marion Jane Yvonne Geraldine Wendy Penelope Rita Sylvia Doreen Beryl Shirley Norma""",
        """Susan Julie Karen Jacqueline Deborah Tracey Jane Helen Diane Sharon Tracy Angela Sarah Alison
        Caroline Amanda Sandra Linda Catherine Elizabeth Carol Joanne Wendy Janet Dawn Christine Nicola
        Lesley Michelle Lisa Louise Paula Claire Jayne Gillian Maria Beverley Lorraine Andrea Debra Anne
        Donna Heather Samantha Jennifer Teresa Ruth Yvonne Fiona Sally""",
        """Sarah Claire Nicola Emma Lisa Joanne Michelle Helen Samantha Karen Rachel Louise Amanda
        Victoria Kelly Rebecca Laura Gemma Jennifer Donna Katherine Amy Hayley Kerry Natalie Stacey Leanne
        Lindsay Zoe Jane Tracey Deborah Sharon Angela Julie Alison Andrea Elizabeth Caroline Anna Jessica
        Charlotte Stephanie Hannah Kirsty Lucy Catherine Danielle Natasha Cheryl""",
        """Rebecca Lauren Jessica Charlotte Hannah Sophie Amy Emily Laura Emma Chloe Sarah Lucy Katie
        Bethany Jade Megan Danielle Alice Abigail Olivia Eleanor Rachel Georgia Natasha Holly Elizabeth
        Stephanie Samantha Victoria Kayleigh Jennifer Natalie Gemma Paige Molly Kirsty Leah Shannon
        Courtney Zoe Ellie Grace Naomi Harriet Hayley Rosie Melissa Nicole Anna""",
        """Olivia Amelia Isla Ava Emily Isabella Lily Jessica Ella Mia Sophia Charlotte Poppy Sophie Grace
        Evie Alice Scarlett Ruby Freya Sienna Daisy Phoebe Chloe Florence Elsie Rosie Millie Matilda
        Evelyn Ivy Erin Holly Ellie Lucy Imogen Eva Megan Maisie Willow Layla Molly Esme Harriet Abigail
        Zoë Robyn Thea Martha Eliza""",
    )
)

MALE = {
    "irish": """Patrick John Michael James Thomas Sean Daniel Kevin Brendan Declan Liam Conor Ciaran
        Joseph Martin Gerard Anthony Dermot Eamon Noel Desmond Francis Padraig Aidan Niall Seán Rory
        Cormac Eoin Cathal""",
    "pakistani": """Mohammed Muhammad Mohammad Ali Ahmed Imran Usman Hassan Hamza Bilal Asif Abdul Umar
        Adnan Amir Faisal Zain Ibrahim Yusuf Kamran Tariq Shahid Nadeem Waqas Omar Hussain Ahmad Rashid
        Khalid Javed Arshad Zahid Sajid Nasir Saeed Iqbal Tahir Naveed Haroon Ismail Musa Zaid Junaid
        Rizwan Aamir Shoaib Wasim Yasir Zubair Abdullah""",
    "bangladeshi": """Mohammed Abdul Md Muhammad Shah Ahmed Ali Rahim Karim Jamal Kamal Shahin Foysal
        Tareq Rubel Sumon Habib Anwar Azad Mizan Shafiq Rafiq Monir Nazrul Jahangir Salim Faruk Ashraf
        Ibrahim Yusuf Tahmid Zayn Aminul Nurul Shamim Badrul Ruhul Sayed Akbar Imran""",
    "indian": """Raj Amit Sanjay Rajesh Vijay Ravi Suresh Anil Ashok Kiran Nikhil Rahul Arjun Rohan Jay
        Krishan Dilip Harish Mahesh Mukesh Bharat Jaswinder Gurpreet Harjit Balwinder Manjit Kulwinder
        Sukhdev Jagdeep Amrit Hardeep Pritam Mohan Ramesh Kishor Dinesh Pravin Vinod Deepak Sunil Vikram
        Aarav Dev Aryan Thomas George Mathew Joseph Jatinder Satnam""",
    "african": """Mohamed Ahmed Ibrahim Emmanuel Samuel David Daniel Joseph Michael Kwame Kofi Kwasi Yaw
        Kojo Oluwaseun Tunde Babatunde Chidi Emeka Chinedu Ifeanyi Obinna Femi Segun Kehinde Taiwo Tendai
        Tafadzwa Farai Blessing Abdullahi Yusuf Hassan Abdi Omar Ali Musa Sulaiman Isaac Moses Solomon
        Elijah Joshua Nathaniel Gabriel Peter Paul Stephen Godfrey Patrick""",
    "caribbean": """Winston Leroy Desmond Errol Delroy Neville Clive Trevor Everton Michael Anthony David
        Paul Marlon Andre Jermaine Tyrone Jerome Dwayne Curtis Nathan Jordan Tyrell Isaiah Malachi Kieran
        Marcus Leon Carlton Lloyd Barrington Glenroy Horace Junior Wayne Devon Kemar Aaron Joshua Elijah""",
    "chinese": """Wei Jun Ming Hao Jie Lei Tao Chun Kin Wai Kwok Chi Ka Yiu Hon Siu Wing Man Tony David
        Kevin Jason Andrew Alan Peter Michael Daniel Eric Raymond Henry Leo Ryan Yang Bin Feng Qiang Long
        Peng Xin Yu""",
    "polish": """Piotr Krzysztof Andrzej Tomasz Pawel Jan Michal Marcin Jakub Adam Marek Lukasz Grzegorz
        Mateusz Wojciech Mariusz Dariusz Maciej Rafal Robert Kamil Jacek Dawid Tadeusz Szymon Jerzy Janusz
        Kacper Filip Antoni Oskar Alexandru Andrei Ion Mihai Florin Ionut""",
    "other": """Jose João Carlos Antonio Luis Marco Giuseppe Luca Alessandro Hans Thomas Pierre Jean Nikos
        Mehmet Mustafa Ali Hassan Omar Ahmad Reza Hamid Karim Yusuf Minh Duc Juan Angelo Bikram Prakash
        Suresh Hiroshi Kenji Nimal Daniel Samuel David Michael Adam Noah José René""",
}

FEMALE = {
    "irish": """Mary Margaret Bridget Catherine Ann Kathleen Eileen Maureen Noreen Siobhan Aoife Niamh
        Ciara Sinead Orla Grainne Deirdre Bernadette Teresa Philomena Josephine Nora Sheila Patricia
        Elizabeth Roisin Aisling Caoimhe Saoirse Fiona""",
    "pakistani": """Fatima Ayesha Aisha Zainab Maryam Khadija Nasreen Shazia Saima Farzana Rukhsana
        Shabana Samina Nazia Rabia Sadia Amina Hafsa Iqra Sana Saira Tahira Rehana Yasmin Zara Zahra Nadia
        Noreen Robina Shahida Safia Parveen Kulsoom Naheed Mehwish Aliza Hania Inaya Anaya Sumaira Bushra
        Tasneem Humaira Naila Asma Sobia""",
    "bangladeshi": """Fatima Rahima Ayesha Nasima Shahena Rukia Salma Sultana Nazma Rehana Taslima Shirin
        Halima Amina Jahanara Momtaz Rokeya Hasina Khadija Sumaiya Tahmina Nadia Farhana Sadia Maryam
        Anika Tasnim Nusrat Jannat Mahbuba Parul Shamima Rina Lipi Hosna""",
    "indian": """Priya Anita Sunita Meena Kavita Rekha Nisha Pooja Neha Anjali Deepa Geeta Usha Asha Hansa
        Kamla Manjula Pushpa Lata Bharti Jaswinder Gurpreet Harjit Balwinder Manjit Kulwinder Sukhwinder
        Amrit Hardeep Simran Jasleen Kiran Ritu Shreya Aanya Diya Riya Isha Mary Annamma Leela Sheela
        Radha Lakshmi Padma Savita Sarla Urmila""",
    "african": """Fatima Amina Halima Maryam Grace Mary Elizabeth Esther Ruth Sarah Abena Ama Akosua Adwoa
        Efua Akua Folasade Funmilayo Yetunde Titilayo Oluwatoyin Ngozi Chioma Adaeze Ifeoma Nkechi Amaka
        Tendai Rudo Chipo Nyasha Blessing Faith Mercy Patience Joy Gloria Comfort Hodan Sahra Asha Hawa
        Kadiatou Aminata Mariama Isatu Wambui Achieng Selam Hana""",
    "caribbean": """Beverley Sonia Yvonne Marcia Pauline Sharon Jacqueline Maxine Donna Claudette Lorna
        Hyacinth Gloria Pearl Icilda Merlene Dorothy Carol Paulette Simone Natalie Michelle Tanisha
        Shanice Chantelle Jade Aaliyah Tiana Naomi Rochelle Latoya Kadian Keisha Monique Leah Olivia Imani""",
    "chinese": """Mei Ying Li Xia Fang Min Yan Hui Jing Na Yuk Sau Wai Siu Ka Wing Man Lai Grace Amy
        Michelle Jenny Vivian Cindy Janet Karen Alice Joyce Emily Sophie Chloe Yun Xue Lan Hong Qing Ling
        Yi Ting""",
    "polish": """Anna Maria Katarzyna Malgorzata Agnieszka Barbara Ewa Krystyna Elzbieta Zofia Magdalena
        Monika Joanna Aleksandra Natalia Karolina Dorota Beata Iwona Justyna Sylwia Julia Zuzanna Hanna
        Maja Lena Alicja Oliwia Elena Ioana Andreea Mihaela Cristina""",
    "other": """Maria Ana Carmen Isabel Sofia Giulia Francesca Chiara Elena Anna Marie Claire Eleni Ayse
        Fatma Zeynep Leila Maryam Zahra Noor Layla Huda Thi Linh Mai Rosario Grace Sita Maya Yuki Akiko
        Nirmala Sara Rachel Miriam Leah Chloë Inês Renée Zoë""",
}

NICKNAMES = dict(
    pair.split(":")
    for pair in listed("""William:Bill Robert:Bob Richard:Dick Edward:Ted James:Jim John:Jack Thomas:Tom Michael:Mike
    Christopher:Chris Matthew:Matt Daniel:Dan Joseph:Joe Anthony:Tony Andrew:Andy Stephen:Steve Steven:Steve
    Kenneth:Ken Ronald:Ron Raymond:Ray Frederick:Fred Albert:Bert Alfred:Alf Arthur:Art Charles:Charlie Leslie:Les
    Dennis:Den Geoffrey:Geoff Douglas:Doug Terence:Terry Peter:Pete David:Dave Philip:Phil Nicholas:Nick
    Jonathan:Jon Timothy:Tim Benjamin:Ben Samuel:Sam Alexander:Alex Joshua:Josh Jacob:Jake Nathan:Nat Oliver:Ollie
    Harrison:Harry Henry:Harry George:Georgie Lawrence:Larry Laurence:Larry Gregory:Greg Reginald:Reg Stanley:Stan
    Leonard:Len Donald:Don Margaret:Peggy Elizabeth:Liz Catherine:Cathy Katherine:Kate Kathleen:Kath Patricia:Pat
    Susan:Sue Christine:Chris Jacqueline:Jackie Deborah:Debbie Barbara:Babs Pamela:Pam Jennifer:Jenny Judith:Judy
    Dorothy:Dot Florence:Flo Winifred:Win Doreen:Dor Valerie:Val Maureen:Mo Rebecca:Becky Jessica:Jess
    Charlotte:Lottie Samantha:Sam Victoria:Vicky Amanda:Mandy Joanne:Jo Nicola:Nicky Gillian:Gill Alison:Ali
    Caroline:Carrie Stephanie:Steph Natasha:Tash Abigail:Abby Eleanor:Ellie Isabella:Bella Olivia:Liv Emily:Em
    Amelia:Millie Bethany:Beth Danielle:Dani Kimberley:Kim Theodore:Theo Zachary:Zac Rosemary:Rose Penelope:Penny
    Mohammed:Muhammad Muhammad:Mohammed Mohammad:Mohamed Mohamed:Mohammed Ahmed:Ahmad Ahmad:Ahmed Hussain:Hussein
    Yusuf:Yousaf Usman:Osman Ayesha:Aisha Aisha:Ayesha Zainab:Zaynab Maryam:Mariam Yasmin:Yasmeen Nasreen:Nasrin
    Fatima:Fatimah Amina:Aminah Jaswinder:Jas Gurpreet:Gurp Harjit:Harry Manjit:Manj Bridget:Bridie Patrick:Paddy
    Sean:Shaun Siobhan:Shiv Emmanuel:Manny Oluwaseun:Seun Babatunde:Tunde Oluwatoyin:Toyin Folasade:Sade
    Krzysztof:Kris Tomasz:Tomek Katarzyna:Kasia Malgorzata:Gosia Agnieszka:Aga Aleksandra:Ola Jakub:Kuba Jan:Janek
    Michal:Mike Giuseppe:Joe Alessandro:Alex Francesca:Fran""")
)
"""The everyday form, or the other romanisation, that a clerk hears instead of the registered forename."""
