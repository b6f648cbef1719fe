//! The stored form, byte by byte.

use super::*;

fn place<'p>(handler: &'p str, names: Option<&'p str>, end: usize) -> Place<'p> {
    Place {
        handler,
        names,
        end,
    }
}

fn sample<'p>() -> Program<'p> {
    Program {
        steps: vec![
            place("first", Some("one"), 1),
            place("second", Some("a,größe,c"), 4),
            place("third", Some(""), 4),
        ],
        args: vec![
            Arg::Value(&[3, b'a', b'b', b'c']),
            Arg::Result(0),
            Arg::Input,
            Arg::Value(&[7; 200]),
        ],
    }
}

fn encode(program: &Program<'_>) -> Vec<u8> {
    let mut writer = Writer::new(program.steps().len(), 0).unwrap();
    for step in program.steps() {
        writer
            .step(step.handler, step.names, step.args.len())
            .unwrap();
        for arg in step.args {
            match *arg {
                Arg::Value(bytes) => writer.value(bytes),
                Arg::Plain(bytes) => writer.plain(bytes),
                Arg::Result(place) => writer.result(place),
                Arg::Input => writer.input(),
            }
        }
    }
    writer.finish().unwrap()
}

/// These bytes are in people's databases: a change of this test is a change of the format.
#[test]
fn golden_bytes() {
    let golden = |version, names: [&[u8]; 2], value| {
        let mut golden = vec![version, 3, 5];
        golden.extend(b"first\x01");
        golden.extend(names[0]);
        golden.extend([value, 4, 3, b'a', b'b', b'c', 6]);
        golden.extend(b"second\x03");
        golden.extend(names[1]);
        golden.extend([1, 0, 2, value, 200, 1]);
        golden.extend([7; 200]);
        golden.push(5);
        golden.extend(b"third");
        golden.push(0);
        golden
    };
    let named = golden(3, [b"\x03one", "\x0ba,größe,c".as_bytes()], 3);
    assert_eq!(encode(&sample()), named);
    assert_eq!(Program::decode(&named).unwrap(), sample());
    // Version 2, from before arguments had names.
    let mut expected = sample();
    for step in &mut expected.steps[..2] {
        step.names = None;
    }
    let before = golden(2, [b"", b""], 3);
    assert_eq!(Program::decode(&before).unwrap(), expected);
    // As it is sent on.
    let nameless = golden(3, [b"\0", b"\0"], 3);
    assert_eq!(encode(&expected), nameless);
    assert_eq!(Program::decode(&nameless).unwrap(), expected);
    // Version 1, from before values had shapes.
    for arg in &mut expected.args {
        if let Arg::Value(bytes) = *arg {
            *arg = Arg::Plain(bytes);
        }
    }
    let before = golden(1, [b"", b""], 0);
    assert_eq!(Program::decode(&before).unwrap(), expected);
}

#[test]
fn a_program_travels_with_its_shapes() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Payload {
        some_field: String,
    }
    let mut value = Vec::new();
    let payload = Payload {
        some_field: "x".to_owned(),
    };
    crate::codec::encode_into(&payload, &mut value).unwrap();
    let mut program = sample();
    program.args[0] = Arg::Value(&value);
    program.args[3] = Arg::Plain(&[7; 200]);
    let bytes = program.with_shapes().unwrap();
    let travelling = Program::decode(&bytes).unwrap();
    assert!(bytes.windows(10).any(|part| part == b"some_field"));
    assert_eq!(travelling.args[1..], program.args[1..]);
    assert_eq!(travelling.values().count(), 1);
    assert_eq!(
        travelling.check_values(),
        Err("a value can't be read: it has no shape".to_owned())
    );
    program.args.truncate(3);
    program.steps[1] = place("second", Some("a,b"), 3);
    program.steps[2].end = 3;
    let bytes = program.with_shapes().unwrap();
    assert_eq!(Program::decode(&bytes).unwrap().check_values(), Ok(()));
}

#[test]
fn every_truncation_and_every_extra_byte_is_refused() {
    let bytes = encode(&sample());
    for end in 0..bytes.len() {
        assert!(Program::decode(&bytes[..end]).is_err(), "{end}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(Program::decode(&longer).is_err());
}

#[test]
fn each_argument_has_a_name_of_its_own_or_none_has() {
    let step = |names: &str| {
        let mut bytes = vec![3, 1, 1, b'h', 2];
        slice(&mut bytes, names.as_bytes());
        bytes.extend([INPUT, INPUT]);
        let program = Program::decode(&bytes)?;
        let step = program.steps().next().unwrap();
        Ok(step.names.map(str::to_owned))
    };
    assert_eq!(step(""), Ok(None));
    assert_eq!(step("a,b"), Ok(Some("a,b".to_owned())));
    for (names, expected) in [
        ("a", "the number of names is not that of the arguments"),
        ("a,b,c", "the number of names is not that of the arguments"),
        ("a,a", "two arguments have one name"),
        ("a,", "an argument's name is empty"),
        (",", "an argument's name is empty"),
    ] {
        assert_eq!(
            step(names),
            Err(ProgramError::Malformed { reason: expected })
        );
    }
    let latin = [3, 1, 1, b'h', 1, 1, 0xe9, INPUT];
    assert_eq!(
        Program::decode(&latin),
        Err(ProgramError::Malformed {
            reason: "the names of the arguments"
        })
    );
}

/// Each byte is replaced by each other: a typed error, or a program that encodes to the bytes.
#[test]
fn mutations_never_panic() {
    let bytes = encode(&sample());
    let mut read = 0;
    for place in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            let mut mutated = bytes.clone();
            mutated[place] = byte;
            if let Ok(program) = Program::decode(&mutated) {
                let again = encode(&program);
                assert_eq!(Program::decode(&again).unwrap(), program);
                read += 1;
            }
        }
    }
    assert!(
        read > 200 * 255,
        "a value's own bytes are not looked into: {read}"
    );
}

#[test]
fn limits() {
    let many = |count: u16| {
        let mut bytes = vec![1];
        length(&mut bytes, count.into());
        for _ in 0..count {
            bytes.extend([1, b'a', 0]);
        }
        bytes
    };
    assert!(Program::decode(&many(256)).is_ok());
    assert_eq!(
        Program::decode(&many(257)),
        Err(ProgramError::TooManySteps { steps: 257 })
    );
    assert_eq!(Program::decode(&[1, 0]), Err(ProgramError::Empty));
    assert_eq!(
        Program::decode(&[4, 0]),
        Err(ProgramError::Version { found: 4 })
    );
    assert!(matches!(
        Program::decode(&[1, 1, 1, b'a', 65]),
        Err(ProgramError::TooManyArguments { arguments: 65, .. })
    ));
    assert!(matches!(
        Program::decode(&vec![1; MAX_BYTES + 1]),
        Err(ProgramError::TooLarge { .. })
    ));
    // A step can't use its own result, nor a later one.
    assert!(matches!(
        Program::decode(&[1, 1, 1, b'a', 1, RESULT, 0]),
        Err(ProgramError::Wiring {
            wiring: Wiring::UnknownStep,
            ..
        })
    ));
}
